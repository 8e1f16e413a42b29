import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Conditioner } from '../../conditioners/conditioner.js';
import { MLP } from '../../conditioners/mlp.js';
import { FlowConfigError, FlowShapeError } from '../../errors.js';
import { sumLogDets } from '../../kernels/sum-log-dets/op.js';
import type { Config } from '../../module.js';
import { formatShape, sizeOf, type Shape } from '../../shapes.js';
import { FibreSpline } from '../../spheres/fibre-spline.js';
import { ProjectiveConvexGradient } from '../../spheres/projective-convex-gradient.js';
import { ProjectiveLinear } from '../../spheres/projective-linear.js';
import { QuaternionProduct } from '../../spheres/quaternion-product.js';
import { SphereMoebius } from '../../spheres/sphere-moebius.js';
import type { SphereResult, SphereTransform } from '../../spheres/sphere-transform.js';
import { SymmetrizedMoebius } from '../../spheres/symmetrized-moebius.js';
import type { UnitVectors } from '../../unit-vectors.js';
import { Bijector, type ValueAndLogDet } from '../bijector.js';

/** Options of {@link SphereMap}. */
export interface SphereMapOptions {
  /** The map applied to every point. */
  readonly transform: SphereTransform;
  /** Shape of one event, the last axis as long as a point of `transform`. Default: one point. */
  readonly eventShape?: Shape;
  /** Emits all parameters from the context: no inputs, `points · parameterCount` outputs. Default: none. */
  readonly conditioner?: Conditioner | null;
  /** Raw parameters of every point to start training from, without a conditioner. Default: those of `transform`. */
  readonly initialParameters?: readonly number[];
}

/**
 * A map of a sphere onto itself on each point of an event, with trained parameters or with parameters computed from a
 * context: `yᵢ = f(xᵢ)` with `|xᵢ| = |yᵢ| = 1`. Log-determinants are sums over points, with respect to area.
 *
 * @cost forward: as its parts; inverse: as its parts
 */
export class SphereMap extends Bijector {
  static override readonly className = 'SphereMap';
  static override readonly samples = [
    () => new SphereMap({ transform: new SphereMoebius({ dims: 2 }), eventShape: [2, 2] }),
    () => new SphereMap({ transform: new SphereMoebius({ dims: 3 }) }),
    () => new SphereMap({ transform: new SymmetrizedMoebius({ dims: 4 }) }),
    () => new SphereMap({ transform: new ProjectiveLinear({ dims: 4 }) }),
    () => new SphereMap({ transform: new QuaternionProduct({ left: [1, 2, 0, -1] }) }),
    () => new SphereMap({ transform: new FibreSpline({ bins: 3 }) }),
    () => new SphereMap({ transform: new ProjectiveConvexGradient({ dims: 4, components: 3 }) }),
    () => {
      const conditioner = new MLP({ inputs: 0, outputs: 8, hidden: [8], contextShape: [2] });
      return new SphereMap({ transform: new SymmetrizedMoebius({ dims: 3 }), eventShape: [2, 3], conditioner });
    },
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  override readonly unitVectorsIn: UnitVectors;
  override readonly unitVectorsOut: UnitVectors;
  override readonly contextShape: Shape | null;
  /** The map whose parameters are trained or emitted. */
  readonly transform: SphereTransform;
  readonly #conditioner: Conditioner | null;
  readonly #parameters: Variable | null;

  /**
   * @throws FlowShapeError when the last axis of the event is not a point of `transform`.
   * @throws FlowConfigError when the conditioner's sizes do not fit, or the parameters are not as many as a point has.
   */
  constructor({ transform, eventShape = [transform.dims], conditioner = null, initialParameters }: SphereMapOptions) {
    super();
    if (eventShape.at(-1) !== transform.dims) {
      throw new FlowShapeError('SphereMap', {
        expected: `events with a last axis of ${transform.dims}, a point of ${transform.className}`,
        got: formatShape(eventShape),
      });
    }
    const count = (sizeOf(eventShape) / transform.dims) * transform.parameterCount;
    if (conditioner && (conditioner.inputs !== 0 || conditioner.outputs !== count)) {
      throw new FlowConfigError('SphereMap', {
        expected: `a conditioner from 0 inputs (context alone) to ${count} outputs`,
        got: `${conditioner.inputs} to ${conditioner.outputs}`,
      });
    }
    this.eventShapeIn = eventShape;
    this.eventShapeOut = eventShape;
    this.unitVectorsIn = [0, transform.dims];
    this.unitVectorsOut = [0, transform.dims];
    this.transform = transform;
    this.#conditioner = conditioner && this.child('conditioner', conditioner);
    this.contextShape = conditioner?.contextShape ?? null;
    const start = initialParameters ?? transform.startParameters();
    if (start.length !== transform.parameterCount) {
      throw new FlowConfigError('SphereMap.initialParameters', {
        expected: `${transform.parameterCount} numbers`,
        got: `${start.length}`,
      });
    }
    const repeated = Array.from({ length: count }, (_, i) => start[i % start.length]);
    this.#parameters = conditioner || count === 0 ? null : this.weight('parameters', [count], repeated);
  }

  protected override mapForward(x: Tensor, context: Tensor | null): ValueAndLogDet {
    return this.#map(x, context, (points, raw) => this.transform.forward(points, raw));
  }

  protected override mapInverse(y: Tensor, context: Tensor | null): ValueAndLogDet {
    return this.#map(y, context, (points, raw) => this.transform.inverse(points, raw));
  }

  override getConfig(): Config {
    return { transform: this.transform, eventShape: this.eventShapeIn, conditioner: this.#conditioner };
  }

  #map(x: Tensor, context: Tensor | null, apply: (points: Tensor, raw: Tensor) => SphereResult): ValueAndLogDet {
    const batch = x.shape[0];
    return applySphereTransform(x, this.#raw(batch, context), this.transform, apply);
  }

  #raw(batch: number, context: Tensor | null): Tensor {
    if (this.#conditioner) return this.#conditioner.apply(tf.zeros([batch, 0]), context);
    return this.#parameters ? tf.add(tf.zeros([batch, this.#parameters.size]), this.#parameters) : tf.zeros([batch, 0]);
  }
}

/** Maps every point of `x`, `[batch, ..., dims]`, with its own slice of `raw`, `[batch, points · parameterCount]`. */
export function applySphereTransform(
  x: Tensor,
  raw: Tensor,
  { dims, parameterCount }: SphereTransform,
  apply: (points: Tensor, raw: Tensor) => SphereResult,
): ValueAndLogDet {
  const [batch, points] = [x.shape[0], x.size / dims];
  const { value, logDet } = apply(tf.reshape(x, [points, dims]), tf.reshape(raw, [points, parameterCount]));
  return [tf.reshape(value, x.shape), sumLogDets(tf.reshape(logDet, [batch, points / batch]))];
}
