import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Conditioner } from '../conditioners/conditioner.js';
import { KernelConditioner } from '../conditioners/kernel/kernel-conditioner.js';
import { MLP } from '../conditioners/mlp.js';
import { CircularRationalQuadraticSpline } from '../elementwise/circular-rational-quadratic-spline.js';
import { ElementwiseAffine } from '../elementwise/elementwise-affine.js';
import type { ElementwiseTransform } from '../elementwise/elementwise-transform.js';
import { RationalQuadraticSpline } from '../elementwise/rational-quadratic-spline.js';
import type { Config } from '../module.js';
import { RandomStream, type Seed } from '../random.js';
import type { Shape } from '../shapes.js';
import { Bijector, type Interval, type ValueAndLogDet } from './bijector.js';
import { sizedConditioner, type ConditionerOrBuilder, type ConditionerRequest } from './conditioner-request.js';
import { CoordinateTransforms, type TransformOrList } from './coordinate-transforms.js';
import { Elementwise } from './elementwise.js';
import { Partition } from './partition.js';

export type { ConditionerRequest } from './conditioner-request.js';

/** Options of {@link Coupling}. */
export interface CouplingOptions {
  /** One entry a coordinate: true where it is transformed, false where it is kept and feeds the conditioner. */
  readonly mask: readonly boolean[];
  /**
   * The scalar map applied to the transformed coordinates, or a list of one for each coordinate of the event. In a list, the
   * maps of kept coordinates say only which of them are angles.
   */
  readonly transform: TransformOrList;
  /** Emits the parameters of the transformed coordinates from the kept ones and the context: a network, or how to build it. */
  readonly conditioner: ConditionerOrBuilder;
  /** A scalar map with trained parameters for the kept coordinates, after the conditioner has read them. Default: none. */
  readonly unconditional?: ElementwiseTransform | null;
}

/**
 * Coupling layer: coordinates outside of the mask stay as they are and decide how those inside are mapped,
 * `y_K = x_K`, `yᵢ = τ(xᵢ; θᵢ(y_K, context))`; `log |det J| = Σ log τ′`. Forward and inverse cost the same.
 *
 * Where the maps are `circular`, coordinates are angles, and the network has to see cosines and sines of the kept ones: its
 * option `circular`, which the request sets.
 *
 * With `unconditional`, the kept coordinates go through scalar maps of their own as well; the conditioner reads them
 * on the data side.
 *
 * Source: Dinh, Krueger, Bengio, "NICE", 2015, section 3.2; with splines, Durkan et al., "Neural Spline Flows", 2019,
 * section 3.
 *
 * @cost forward: one pass (and what its scalar map costs); inverse: one pass (and what its scalar map costs)
 * @domain that of its scalar maps
 * @example
 * new Coupling({
 *   mask: alternatingMask(6),
 *   transform: new RationalQuadraticSpline({ bins: 8 }),
 *   conditioner: (request) => new MLP({ ...request, hidden: [64, 64], seed: 'coupling' }),
 * });
 */
export class Coupling extends Bijector {
  static override readonly className = 'Coupling';
  static override readonly samples = [
    () => {
      const conditioner = (request: ConditionerRequest) => new MLP({ ...request, hidden: [16], activation: 'tanh', seed: 1 }); // prettier-ignore
      return new Coupling({ mask: [true, false], transform: new RationalQuadraticSpline({ bins: 4 }), conditioner });
    },
    () => {
      const conditioner = (request: ConditionerRequest) => new MLP({ ...request, hidden: [12], activation: 'tanh', contextShape: [2], seed: 2 }); // prettier-ignore
      const unconditional = new RationalQuadraticSpline({ bins: 3 });
      return new Coupling({ mask: [false, true, true, false, true], transform: new ElementwiseAffine(), conditioner, unconditional }); // prettier-ignore
    },
    () => {
      const conditioner = (request: ConditionerRequest) => new KernelConditioner({ ...request, points: 4, contextShape: [1], seed: 3 }); // prettier-ignore
      return new Coupling({
        mask: [true, false, true],
        transform: new RationalQuadraticSpline({ bins: 3 }),
        conditioner,
      });
    },
    () => {
      const conditioner = (request: ConditionerRequest) => new MLP({ ...request, hidden: [8], activation: 'tanh', seed: 4 }); // prettier-ignore
      return new Coupling({ mask: [false, true], transform: new CircularRationalQuadraticSpline({ bins: 3 }), conditioner }); // prettier-ignore
    },
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  override readonly contextShape: Shape | null;
  override readonly domainIn: Interval;
  override readonly domainOut: Interval;
  readonly #mask: readonly boolean[];
  readonly #partition: Partition;
  readonly #transform: TransformOrList;
  readonly #transforms: CoordinateTransforms;
  readonly #conditioner: Conditioner;
  readonly #unconditional: Elementwise | null;

  /** @throws FlowConfigError for a mask that transforms or keeps nothing, or a conditioner that does not fit it. */
  constructor({ mask, transform, conditioner, unconditional = null }: CouplingOptions) {
    super();
    this.#partition = new Partition('Coupling', mask, 1);
    const network = sizedConditioner('Coupling', Coupling.request(mask, transform), conditioner, 'MLP');
    this.eventShapeIn = [mask.length];
    this.eventShapeOut = [mask.length];
    this.#mask = mask;
    const transforms = new CoordinateTransforms('Coupling', transform, mask.length);
    this.domainIn = transforms.domain;
    this.domainOut = transforms.domain;
    this.#transform = transform;
    this.#transforms = transforms.select(this.#partition.transformed);
    this.#conditioner = this.child('conditioner', network);
    this.contextShape = network.contextShape;
    this.#unconditional =
      unconditional &&
      this.child(
        'unconditional',
        new Elementwise({ eventShape: [this.#partition.kept.length], transform: unconditional }),
      );
  }

  /** Sizes of the conditioner for this mask and transform. */
  static request(mask: readonly boolean[], transform: TransformOrList): ConditionerRequest {
    const all = new CoordinateTransforms('Coupling', transform, mask.length);
    const indices = mask.map((_, i) => i);
    const kept = all.select(indices.filter((i) => !mask[i]));
    const initialOutput = all.select(indices.filter((i) => mask[i])).identityParameters();
    const sizes = { inputs: kept.count, outputs: initialOutput.length, initialOutput };
    return kept.circular.length > 0 ? { ...sizes, circular: kept.circular } : sizes;
  }

  override initialize(data: Tensor, context: Tensor | null = null): void {
    tf.tidy(() => this.#conditioner.initialize(this.#partition.takeKept(data), context));
  }

  protected override mapForward(x: Tensor, context: Tensor | null): ValueAndLogDet {
    const before = this.#partition.takeKept(x);
    const [kept, keptLogDet] = this.#unconditional?.forwardAndLogDet(before) ?? [before, null];
    const raw = this.#conditioner.apply(kept, context);
    return this.transformRest(x, kept, keptLogDet, raw, 'forward');
  }

  protected override mapInverse(y: Tensor, context: Tensor | null): ValueAndLogDet {
    const after = this.#partition.takeKept(y);
    const raw = this.#conditioner.apply(after, context);
    const [kept, keptLogDet] = this.#unconditional?.inverseAndLogDet(after) ?? [after, null];
    return this.transformRest(y, kept, keptLogDet, raw, 'inverse');
  }

  override getConfig(): Config {
    return {
      mask: this.#mask,
      transform: this.#transform,
      conditioner: this.#conditioner,
      unconditional: this.#unconditional && this.#unconditional.transform,
    };
  }

  private transformRest(
    input: Tensor,
    kept: Tensor,
    keptLogDet: Tensor | null,
    raw: Tensor,
    direction: 'forward' | 'inverse',
  ): ValueAndLogDet {
    const rest = this.#partition.takeTransformed(input);
    const [value, logDet] = this.#transforms.apply(direction, rest, raw);
    return [this.#partition.join(kept, value), keptLogDet ? tf.add(logDet, keptLogDet) : logDet];
  }
}

/** Every other coordinate is transformed, beginning with `first` (0 or 1). */
export function alternatingMask(dims: number, first: 0 | 1 = 0): boolean[] {
  return Array.from({ length: dims }, (_, i) => i % 2 === first);
}

/** The second half of the coordinates is transformed, or with `flip` the first. */
export function halfMask(dims: number, flip = false): boolean[] {
  return Array.from({ length: dims }, (_, i) => i >= Math.floor(dims / 2) !== flip);
}

/**
 * A random half of the coordinates is transformed.
 *
 * @example
 * const mask = randomMask(6, 'layers 0 and 1');
 * const rest = mask.map((chosen) => !chosen); // of the layer after it
 */
export function randomMask(dims: number, seed: Seed): boolean[] {
  const chosen = RandomStream.from(seed)
    .permutation(dims)
    .subarray(0, Math.ceil(dims / 2));
  return Array.from({ length: dims }, (_, i) => chosen.includes(i));
}
