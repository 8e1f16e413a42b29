import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError, FlowShapeError } from '../errors.js';
import type { Config } from '../module.js';
import { commonContextShape, formatShape, sameShape, type Shape } from '../shapes.js';
import { formatUnitVectors, sameUnitVectors, type UnitVectors } from '../unit-vectors.js';
import { Affine } from './affine.js';
import { Bijector, type Interval, type ValueAndLogDet } from './bijector.js';
import { Permute } from './permute.js';

/**
 * Composition: `forward` applies the bijectors in the order listed, from base to data,
 * `f = fₙ ∘ … ∘ f₁`, and `log |det J|` is the sum of theirs.
 *
 * @cost forward: as its parts; inverse: as its parts
 * @domain that of its parts
 * @example
 * const bijector = new Chain({ bijectors: [new LULinear({ dims: 2 }), new Sigmoid({ eventShape: [2] })] });
 */
export class Chain extends Bijector {
  static override readonly className = 'Chain';
  static override readonly samples = [
    () => new Chain({ bijectors: [Affine.sample(3), new Permute({ permutation: [2, 0, 1] }), Affine.sample(3)] }),
  ];

  /** From base to data. */
  readonly bijectors: readonly Bijector[];
  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  override readonly contextShape: Shape | null;
  override readonly domainIn: Interval;
  override readonly domainOut: Interval;
  override readonly unitVectorsIn: UnitVectors | null;
  override readonly unitVectorsOut: UnitVectors | null;

  /**
   * @throws FlowConfigError for an empty list, or when one neighbour is on spheres and the other is not.
   * @throws FlowShapeError when the shapes of neighbours do not meet, or two members want different contexts.
   */
  constructor({ bijectors }: { bijectors: readonly Bijector[] }) {
    super();
    const [first, last] = [bijectors[0], bijectors[bijectors.length - 1]];
    if (!first || !last) {
      throw new FlowConfigError('Chain', { expected: 'at least one bijector', got: 'an empty list' });
    }
    bijectors.slice(1).forEach((next, i) => {
      const before = bijectors[i];
      if (!sameShape(before.eventShapeOut, next.eventShapeIn)) {
        throw new FlowShapeError('Chain', {
          expected: `bijector ${i + 1} (${next.className}) to take events of shape ${formatShape(before.eventShapeOut)}, as bijector ${i} (${before.className}) gives`,
          got: formatShape(next.eventShapeIn),
          hint: 'List the bijectors from base to data.',
        });
      }
      if (!sameUnitVectors(before.unitVectorsOut, next.unitVectorsIn)) {
        throw new FlowConfigError('Chain', {
          expected: `bijector ${i + 1} (${next.className}) to take ${formatUnitVectors(before.unitVectorsOut)}, as bijector ${i} (${before.className}) gives`,
          got: formatUnitVectors(next.unitVectorsIn),
        });
      }
    });
    this.bijectors = bijectors.map((bijector, i) => this.child(`${i}`, bijector));
    this.eventShapeIn = first.eventShapeIn;
    this.eventShapeOut = last.eventShapeOut;
    this.domainIn = first.domainIn;
    this.domainOut = last.domainOut;
    this.unitVectorsIn = first.unitVectorsIn;
    this.unitVectorsOut = last.unitVectorsOut;
    this.contextShape = commonContextShape('Chain', bijectors);
  }

  override initialize(data: Tensor, context: Tensor | null = null): void {
    tf.tidy(() => {
      let y = data;
      for (const bijector of this.bijectors.toReversed()) {
        const own = bijector.contextShape && context;
        bijector.initialize(y, own);
        y = bijector.inverse(y, own);
      }
    });
  }

  protected override mapForward(x: Tensor, context: Tensor | null): ValueAndLogDet {
    return compose(this.bijectors, x, (bijector, value) =>
      bijector.forwardAndLogDet(value, bijector.contextShape && context),
    );
  }

  protected override mapInverse(y: Tensor, context: Tensor | null): ValueAndLogDet {
    return compose(this.bijectors.toReversed(), y, (bijector, value) =>
      bijector.inverseAndLogDet(value, bijector.contextShape && context),
    );
  }

  protected override valueForward(x: Tensor, context: Tensor | null): Tensor {
    return this.bijectors.reduce((value, bijector) => bijector.forward(value, bijector.contextShape && context), x);
  }

  protected override valueInverse(y: Tensor, context: Tensor | null): Tensor {
    return this.bijectors.reduceRight(
      (value, bijector) => bijector.inverse(value, bijector.contextShape && context),
      y,
    );
  }

  override getConfig(): Config {
    return { bijectors: this.bijectors };
  }
}

function compose(
  bijectors: readonly Bijector[],
  start: Tensor,
  apply: (bijector: Bijector, value: Tensor) => ValueAndLogDet,
): ValueAndLogDet {
  let value = start;
  let total: Tensor | null = null;
  for (const bijector of bijectors) {
    const [next, logDet] = apply(bijector, value);
    value = next;
    total = total ? tf.add(total, logDet) : logDet;
  }
  return [value, total!];
}
