import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config } from '../module.js';
import type { Shape } from '../shapes.js';
import type { UnitVectors } from '../unit-vectors.js';
import { Affine } from './affine.js';
import { Bijector, type Interval, type ValueAndLogDet } from './bijector.js';

/**
 * The same map with its directions exchanged, `y = f⁻¹(x)`: `forward` of an `Invert` is `inverse` of what it holds.
 * It turns a masked autoregressive flow into an inverse autoregressive one.
 *
 * @cost forward: as its parts; inverse: as its parts
 * @domain that of its bijector
 */
export class Invert extends Bijector {
  static override readonly className: string = 'Invert';
  static override readonly samples: readonly (() => Bijector)[] = [() => new Invert({ bijector: Affine.sample(2) })];

  /** The one whose directions are exchanged. */
  readonly bijector: Bijector;
  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  override readonly contextShape: Shape | null;
  override readonly domainIn: Interval;
  override readonly domainOut: Interval;
  override readonly unitVectorsIn: UnitVectors | null;
  override readonly unitVectorsOut: UnitVectors | null;

  constructor({ bijector }: { bijector: Bijector }) {
    super();
    this.bijector = this.child('bijector', bijector);
    this.eventShapeIn = bijector.eventShapeOut;
    this.eventShapeOut = bijector.eventShapeIn;
    this.contextShape = bijector.contextShape;
    this.domainIn = bijector.domainOut;
    this.domainOut = bijector.domainIn;
    this.unitVectorsIn = bijector.unitVectorsOut;
    this.unitVectorsOut = bijector.unitVectorsIn;
  }

  protected override mapForward(x: Tensor, context: Tensor | null): ValueAndLogDet {
    return this.bijector.inverseAndLogDet(x, context);
  }

  protected override mapInverse(y: Tensor, context: Tensor | null): ValueAndLogDet {
    return this.bijector.forwardAndLogDet(y, context);
  }

  protected override valueForward(x: Tensor, context: Tensor | null): Tensor {
    return this.bijector.inverse(x, context);
  }

  protected override valueInverse(y: Tensor, context: Tensor | null): Tensor {
    return this.bijector.forward(y, context);
  }

  override initialize(data: Tensor, context: Tensor | null = null): void {
    // The data seen here lie on the base side of what is held; only its image can initialise it.
    const image = this.bijector.forward(data, context);
    this.bijector.initialize(image, context);
    image.dispose();
  }

  override getConfig(): Config {
    return { bijector: this.bijector };
  }
}
