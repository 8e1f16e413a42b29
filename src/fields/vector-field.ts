import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError, FlowShapeError } from '../errors.js';
import { Module } from '../module.js';
import { repeatRows } from './rows.js';
import {
  alignContext,
  batchShapeOf,
  flattenBatch,
  formatShape,
  restoreBatch,
  sameShape,
  sizeOf,
  type Shape,
} from '../shapes.js';

/** A number a row that can be integrated along a path. */
export type Rate =
  /** `tr J`, the rate at which the log-density along a path falls. */
  | 'divergence'
  /** `|f|²`, summed over the coordinates. */
  | 'kinetic'
  /** `|J|²_F`, the squared Frobenius norm of the Jacobian. */
  | 'jacobian'
  /** `|∂Φ/∂t − ½ α |f|²|` of a field that has a potential: how far it is from an optimal transport. */
  | 'hjb';

/**
 * A time-dependent vector field `f(t, z)` on points `z`, whose Jacobian `J = ∂f/∂z` comes with it: the right-hand side of
 * a continuous flow.
 *
 * A subclass writes {@link VectorField.velocity}; one that knows a closed form of its Jacobian also overrides
 * {@link VectorField.products}, or {@link VectorField.velocityAndTrace} for the trace alone, else both come from
 * reverse-mode differentiation. Everything has to be differentiable twice.
 */
export abstract class VectorField extends Module {
  /** Instances on which the contract suite tests the class. */
  static readonly samples: readonly (() => VectorField)[] = [];

  /** Shape of one point. */
  abstract readonly eventShape: Shape;
  /** Shape of one context, or null. */
  readonly contextShape: Shape | null = null;

  #unitDirections: Tensor | null = null;

  /** Numbers in one point. */
  get dims(): number {
    return sizeOf(this.eventShape);
  }

  /**
   * `f(t, z)`, by operations that are differentiable twice.
   *
   * @param t `[1, 1]` for one time, or `[rows, 1]` for a time a row
   * @param z `[rows, ...eventShape]`
   * @param context `[rows, ...contextShape]`, or null
   * @returns `[rows, ...eventShape]`
   */
  protected abstract velocity(t: Tensor, z: Tensor, context: Tensor | null): Tensor;

  /**
   * `f` and the products of its Jacobian with some directions `v_k`.
   *
   * @param z `[rows, dims]`, points laid flat
   * @param directions `[rows, K, dims]`, or `[1, K, dims]` for the same in every row
   * @returns `f`, `[rows, dims]`, and `J v_k` - or `Jᵀ v_k`, whichever the field finds more easily: traces and Frobenius
   * norms are the same - `[rows, K, dims]`
   */
  protected products(t: Tensor, z: Tensor, directions: Tensor, context: Tensor | null): [Tensor, Tensor] {
    const [rows, dims] = z.shape as [number, number];
    const compute = tf.valueAndGrad((at: Tensor) => this.flatVelocity(t, at, context));
    const pullBacks = tf.unstack(directions, 1).map((direction) => compute(z, repeatRows(direction, rows)));
    const transposed = pullBacks.map(({ grad }) => tf.reshape(grad, [rows, 1, dims]));
    return [pullBacks[0].value, transposed.length === 1 ? transposed[0] : tf.concat(transposed, 1)];
  }

  /**
   * `f`, `[rows, dims]`, and the exact `tr J`, `[rows]`, of a field that has it in closed form. It is then used even where
   * an estimate was asked for.
   *
   * @param z `[rows, dims]`, points laid flat
   */
  protected velocityAndTrace?(t: Tensor, z: Tensor, context: Tensor | null): [Tensor, Tensor];

  /** Whether probes make a difference to these rates. */
  usesProbes(wanted: readonly Rate[]): boolean {
    return wanted.includes('jacobian') || (wanted.includes('divergence') && !this.velocityAndTrace);
  }

  /**
   * The right-hand side of a continuous flow: `f` and some numbers a row that go with it.
   *
   * @param t `[1, 1]` for one time, or `[rows, 1]` for a time a row
   * @param z `[rows, dims]`, points laid flat
   * @param context `[rows, ...contextShape]`, or null
   * @param probes directions `[rows, K, dims]` with `E[v vᵀ] = I` for estimates of `tr J` and `|J|²_F`; null for the
   * exact values
   * @returns `f`, `[rows, dims]`, and one `[rows]` for each rate
   * @throws FlowConfigError for a rate that this field does not have.
   * @throws FlowShapeError for a time, points, context or probes of another shape.
   */
  rates(t: Tensor, z: Tensor, context: Tensor | null, probes: Tensor | null, wanted: readonly Rate[]): Tensor[] {
    const where = `${this.className}.rates`;
    this.checkPoints(where, t, z);
    if (probes) this.checkDirections(`${where} (probes)`, z, probes);
    return tf.tidy(() => {
      const rows = z.shape[0];
      const given = alignContext(context, this.contextShape, [rows], where);
      // Stock kernels of some backends trap on tensors without elements.
      if (rows === 0) return [tf.zeros([0, this.dims]), ...wanted.map(() => tf.zeros([0]))];
      return this.flatRates(t, z, given, probes, wanted);
    });
  }

  /**
   * `f` and its Jacobian times directions: {@link VectorField.products}, checked.
   *
   * @param directions `[rows, K, dims]`, or `[1, K, dims]`
   * @returns `[rows, dims]` and `[rows, K, dims]`; the latter is `J v_k` or `Jᵀ v_k`
   * @throws FlowShapeError for a time, points, context or directions of another shape.
   */
  jacobianProducts(t: Tensor, z: Tensor, directions: Tensor, context: Tensor | null = null): [Tensor, Tensor] {
    const where = `${this.className}.jacobianProducts`;
    this.checkPoints(where, t, z);
    this.checkDirections(`${where} (directions)`, z, directions);
    return tf.tidy(() => {
      const given = alignContext(context, this.contextShape, [z.shape[0]], where);
      if (z.shape[0] === 0) return [tf.zeros([0, this.dims]), tf.zeros([0, directions.shape[1]!, this.dims])];
      return this.products(t, z, directions, given);
    });
  }

  /**
   * `f(t, z)`.
   *
   * @param t a number or a scalar for all points, or `[..., 1]` for a time a point
   * @param z `[..., ...eventShape]`
   * @param context `[...contextShape]` for all points, or `[..., ...contextShape]`; null without
   * @returns `[..., ...eventShape]`
   * @throws FlowShapeError for points, a time or a context of another shape.
   */
  apply(t: number | Tensor, z: Tensor, context: Tensor | null = null): Tensor {
    const where = `${this.className}.apply`;
    return tf.tidy(() => {
      const batchShape = batchShapeOf(z, this.eventShape, where, 'points');
      const points = flattenBatch(z, batchShape, this.eventShape);
      const given = alignContext(context, this.contextShape, batchShape, where);
      const time = alignTime(t, batchShape, where);
      const velocity = points.size === 0 ? tf.clone(points) : this.velocity(time, points, given);
      return restoreBatch(velocity, batchShape, this.eventShape);
    });
  }

  /** {@link VectorField.rates} of checked tensors. */
  protected flatRates(
    t: Tensor,
    z: Tensor,
    context: Tensor | null,
    probes: Tensor | null,
    wanted: readonly Rate[],
  ): Tensor[] {
    const closed = wanted.includes('divergence') ? this.velocityAndTrace?.(t, z, context) : undefined;
    const directions = this.usesProbes(wanted) ? (probes ?? this.unitDirections()) : null;
    const [velocity, products] = directions
      ? this.products(t, z, directions, context)
      : [closed?.[0] ?? this.flatVelocity(t, z, context), null];
    // Each probe is an estimate; the columns of the identity are parts of a sum.
    const share = probes ? 1 / probes.shape[1]! : 1;
    const scaled = (x: Tensor) => (share === 1 ? x : tf.mul(x, share));
    return [
      velocity,
      ...wanted.map((rate) => {
        switch (rate) {
          case 'divergence':
            return closed?.[1] ?? scaled(tf.sum(tf.mul(products!, directions!), [1, 2]));
          case 'jacobian':
            return scaled(tf.sum(tf.square(products!), [1, 2]));
          case 'kinetic':
            return tf.sum(tf.square(velocity), 1);
          case 'hjb':
          default:
            throw new FlowConfigError(`${this.className}.rates`, {
              expected: 'a rate that this field has',
              got: `"${String(rate)}"`,
              hint: 'The Hamilton-Jacobi-Bellman residual belongs to fields with a potential, such as PotentialField.',
            });
        }
      }),
    ];
  }

  /** {@link VectorField.velocity} on points laid flat. */
  protected flatVelocity(t: Tensor, z: Tensor, context: Tensor | null): Tensor {
    if (this.eventShape.length === 1) return this.velocity(t, z, context);
    const rows = z.shape[0];
    return tf.reshape(this.velocity(t, tf.reshape(z, [rows, ...this.eventShape]), context), z.shape);
  }

  /** The columns of the identity as directions, `[1, dims, dims]`. */
  private unitDirections(): Tensor {
    const { dims } = this;
    this.#unitDirections ??= this.constant('unitDirections', tf.reshape(tf.eye(dims), [1, dims, dims]));
    return this.#unitDirections;
  }

  private checkPoints(where: string, t: Tensor, z: Tensor): void {
    if (z.rank !== 2 || z.shape[1] !== this.dims) {
      throw new FlowShapeError(where, {
        expected: `points laid flat, [rows, ${this.dims}]`,
        got: formatShape(z.shape),
      });
    }
    if (t.rank !== 2 || t.shape[1] !== 1 || (t.shape[0] !== 1 && t.shape[0] !== z.shape[0])) {
      throw new FlowShapeError(where, {
        expected: `a time of shape [1, 1] or [${z.shape[0]}, 1]`,
        got: formatShape(t.shape),
      });
    }
  }

  private checkDirections(where: string, z: Tensor, directions: Tensor): void {
    const [rows, count, width] = directions.shape;
    const fits = directions.rank === 3 && count > 0 && width === this.dims && (rows === 1 || rows === z.shape[0]);
    if (!fits) {
      throw new FlowShapeError(where, {
        expected: `[${z.shape[0]}, K, ${this.dims}] or [1, K, ${this.dims}] with K ≥ 1`,
        got: formatShape(directions.shape),
      });
    }
  }
}

/** A time as `[1, 1]` or `[rows, 1]`. */
export function alignTime(t: number | Tensor, batchShape: Shape, where: string): Tensor {
  if (typeof t === 'number') return tf.fill([1, 1], t);
  if (t.size === 1) return tf.reshape(t, [1, 1]);
  if (sameShape(t.shape, [...batchShape, 1])) return t.rank === 2 ? t : tf.reshape(t, [sizeOf(batchShape), 1]);
  throw new FlowShapeError(where, {
    expected: `a number, a scalar, or a time a point of shape ${formatShape([...batchShape, 1])}`,
    got: formatShape(t.shape),
  });
}
