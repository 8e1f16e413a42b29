import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { checkInteger, contextSizeOf } from '../conditioners/check.js';
import { FlowConfigError } from '../errors.js';
import type { Config } from '../module.js';
import { RandomStream, type Seed } from '../random.js';
import { alignContext, batchShapeOf, flattenBatch, sizeOf, type Shape } from '../shapes.js';
import { ResidualPotential } from './residual-potential.js';
import { repeatRows } from './rows.js';
import { alignTime, VectorField, type Rate } from './vector-field.js';

/** Options of {@link PotentialField}. */
export interface PotentialFieldOptions {
  /** Numbers in one point. */
  readonly dims: number;
  /** Width `m` of the hidden layers. Default: 32. */
  readonly hidden?: number;
  /** Number `M` of residual layers after the first. Default: 1. */
  readonly layers?: number;
  /** Rows `r` of `A`, whose `AᵀA` is the quadratic part. Default: `min(10, dims + 1)`. */
  readonly rank?: number;
  /** Weight `α` of the transport cost. Default: 1. */
  readonly alpha?: number;
  /** Shape of one context, flattened and one more input of the first layer; null for none. Default: null. */
  readonly contextShape?: Shape | null;
  /** Seed of the initial weights. Default: 0. */
  readonly seed?: Seed;
}

/**
 * The field of OT-Flow (Onken, Wu Fung, Li and Ruthotto, 2021): `f = −(1/α) ∇_z Φ(z, t)`, the steepest descent of a
 * potential
 *
 *     Φ(s) = wᵀ N(s) + ½ |A s|² + bᵀ s,   s = (z, t)
 *
 * with a residual network `N`. Its Jacobian is symmetric, and the trace is known in closed
 * form, in `O(m² dims)` a row; so `divergence` is exact, with probes and without.
 *
 * A path that carries data at time 0 to `z(T)` at the least `∫ ½ α |f|² dt + G(z(T))` has the value function `Φ`, which
 * obeys the Hamilton-Jacobi-Bellman equation `−∂Φ/∂t + max_v (−∇Φ·v − ½ α |v|²) = 0`. The maximum is at
 * `v = f`, where it is `½ α |f|²`: hence `∂Φ/∂t = ½ α |f|²`, and the rate `hjb` is `|∂Φ/∂t − ½ α |f|²|`. With this sign, and
 * no other, gradients of the equation say that `f` does not change along a path: particles move straight on.
 */
export class PotentialField extends VectorField {
  static override readonly className: string = 'PotentialField';
  static override readonly samples: readonly (() => VectorField)[] = [
    () => new PotentialField({ dims: 2, hidden: 6 }),
    () => new PotentialField({ dims: 3, hidden: 5, layers: 3, rank: 2, alpha: 2.5, contextShape: [2] }),
  ];

  override readonly eventShape: Shape;
  override readonly contextShape: Shape | null;
  /** Weight of the transport cost. */
  readonly alpha: number;
  readonly #net: ResidualPotential;
  /** `A`, transposed: `[dims + 1, rank]`. */
  readonly #quadratic: Variable;
  /** `b`. */
  readonly #linear: Variable;
  readonly #config: Config;

  /** @throws FlowConfigError for a size or an `alpha` that is not positive. */
  constructor(options: PotentialFieldOptions) {
    super();
    const { dims, hidden = 32, layers = 1, alpha = 1, contextShape = null, seed = 0 } = options;
    checkInteger('PotentialField.dims', dims);
    checkInteger('PotentialField.hidden', hidden);
    checkInteger('PotentialField.layers', layers);
    const { rank = Math.min(10, dims + 1) } = options;
    checkInteger('PotentialField.rank', rank);
    if (!(alpha > 0 && Number.isFinite(alpha))) {
      throw new FlowConfigError('PotentialField.alpha', { expected: 'a positive number', got: String(alpha) });
    }
    const contextSize = contextSizeOf('PotentialField.contextShape', contextShape);

    const stream = RandomStream.from(seed);
    const inputs = dims + 1;
    this.eventShape = [dims];
    this.contextShape = contextShape;
    this.alpha = alpha;
    this.#net = this.child(
      'net',
      new ResidualPotential({ inputs, hidden, layers, contextSize, seed: stream.split('net') }),
    );
    // Uniform as Glorot and Bengio (2010) have it.
    const range = Math.sqrt(6 / (inputs + rank));
    const quadratic = stream.split('quadratic').uniform(inputs * rank, -range, range);
    this.#quadratic = this.weight('quadratic', [inputs, rank], quadratic);
    this.#linear = this.weight('linear', [inputs], new Float32Array(inputs));
    this.#config = { dims, hidden, layers, rank, alpha, contextShape, seed: stream.key };
  }

  /**
   * `Φ(z, t)`, but for a constant.
   *
   * @param t a number or a scalar for all points, or `[..., 1]` for a time a point
   * @param z `[..., dims]`
   * @returns `[...]`
   * @throws FlowShapeError for points, a time or a context of another shape.
   */
  potential(t: number | Tensor, z: Tensor, context: Tensor | null = null): Tensor {
    const where = 'PotentialField.potential';
    return tf.tidy(() => {
      const batchShape = batchShapeOf(z, this.eventShape, where, 'points');
      const given = alignContext(context, this.contextShape, batchShape, where);
      if (sizeOf(batchShape) === 0) return tf.zeros(batchShape);
      const s = withTime(flattenBatch(z, batchShape, this.eventShape), alignTime(t, batchShape, where));
      const quadratic = tf.mul(tf.sum(tf.square(tf.matMul(s, this.#quadratic)), 1), 0.5);
      const linear = tf.sum(tf.mul(s, this.#linear), 1);
      return tf.reshape(tf.add(tf.add(this.#net.value(s, given), quadratic), linear), batchShape);
    });
  }

  protected override velocity(t: Tensor, z: Tensor, context: Tensor | null): Tensor {
    return this.#descend(this.#differentiate(t, z, context, false)[0]);
  }

  protected override velocityAndTrace(t: Tensor, z: Tensor, context: Tensor | null): [Tensor, Tensor] {
    const [gradient, trace] = this.#differentiate(t, z, context, true);
    return [this.#descend(gradient), tf.mul(trace!, -1 / this.alpha)];
  }

  /** All from one gradient, save `jacobian`, which takes products with directions. */
  protected override flatRates(
    t: Tensor,
    z: Tensor,
    context: Tensor | null,
    probes: Tensor | null,
    wanted: readonly Rate[],
  ): Tensor[] {
    if (!wanted.includes('hjb')) return super.flatRates(t, z, context, probes, wanted);
    const [gradient, trace] = this.#differentiate(t, z, context, wanted.includes('divergence'));
    const velocity = this.#descend(gradient);
    const kinetic = tf.sum(tf.square(velocity), 1);
    const others: Record<Rate, () => Tensor> = {
      divergence: () => tf.mul(trace!, -1 / this.alpha),
      kinetic: () => kinetic,
      jacobian: () => super.flatRates(t, z, context, probes, ['jacobian'])[1],
      hjb: () => {
        const slope = tf.reshape(tf.slice(gradient, [0, this.dims], [-1, 1]), [-1]);
        return tf.abs(tf.sub(slope, tf.mul(kinetic, 0.5 * this.alpha)));
      },
    };
    return [velocity, ...wanted.map((rate) => others[rate]())];
  }

  override getConfig(): Config {
    return this.#config;
  }

  /** `∇_s Φ`, `[rows, dims + 1]`, the last column of which is `∂Φ/∂t`; and the trace of `∇²_z Φ`, `[rows]`, if wanted. */
  #differentiate(t: Tensor, z: Tensor, context: Tensor | null, wantsTrace: boolean): [Tensor, Tensor | null] {
    const s = withTime(z, t);
    const [slopes, trace] = this.#net.differentiate(s, context, wantsTrace ? this.dims : 0);
    const quadratic = tf.matMul(tf.matMul(s, this.#quadratic), this.#quadratic, false, true);
    const gradient = tf.add(tf.add(slopes, quadratic), this.#linear);
    if (!trace) return [gradient, null];
    // tr AᵀA over the columns of space.
    const inSpace = tf.slice(this.#quadratic, [0, 0], [this.dims, -1]);
    return [gradient, tf.add(trace, tf.sum(tf.square(inSpace)))];
  }

  /** `f` from `∇_s Φ`. */
  #descend(gradient: Tensor): Tensor {
    return tf.mul(tf.slice(gradient, [0, 0], [-1, this.dims]), -1 / this.alpha);
  }
}

/** `s = (z, t)`, `[rows, dims + 1]`. */
function withTime(z: Tensor, t: Tensor): Tensor {
  return tf.concat([z, repeatRows(t, z.shape[0])], 1);
}
