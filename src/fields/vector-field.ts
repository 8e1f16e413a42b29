import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import { Module } from '../module.js';
import { sizeOf, type Shape } from '../shapes.js';

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
 * {@link VectorField.products}, else products come from reverse-mode differentiation.
 */
export abstract class VectorField extends Module {
  /** Instances on which the contract suite tests the class. */
  static readonly samples: readonly (() => VectorField)[] = [];

  /** Shape of one point. */
  abstract readonly eventShape: Shape;
  /** Shape of one context, or null. */
  readonly contextShape: Shape | null = null;

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
    const count = directions.shape[1]!;
    const compute = (at: Tensor) => this.flatVelocity(t, at, context);
    const transposed = Array.from({ length: count }, (_, k) => {
      const direction = tf.reshape(tf.slice(directions, [0, k, 0], [-1, 1, dims]), [-1, dims]);
      const cotangent = tf.add(tf.zeros([rows, dims]), direction);
      return tf.reshape(tf.grad(compute)(z, cotangent), [rows, 1, dims]);
    });
    return [compute(z), transposed.length === 1 ? transposed[0] : tf.concat(transposed, 1)];
  }

  /**
   * The right-hand side of a continuous flow: `f` and some numbers a row that go with it.
   *
   * @param probes directions `[rows, K, dims]` with `E[v vᵀ] = I` for estimates of `tr J` and `|J|²_F`; null for the
   * exact values
   * @returns `f`, `[rows, dims]`, and one `[rows]` for each rate
   * @throws FlowConfigError for a rate that this field does not have.
   */
  rates(t: Tensor, z: Tensor, context: Tensor | null, probes: Tensor | null, wanted: readonly Rate[]): Tensor[] {
    return tf.tidy(() => {
      const needsJacobian = wanted.includes('divergence') || wanted.includes('jacobian');
      const dims = sizeOf(this.eventShape);
      const directions = probes ?? (needsJacobian ? tf.reshape(tf.eye(dims), [1, dims, dims]) : null);
      const [velocity, products] =
        needsJacobian && directions
          ? this.products(t, z, directions, context)
          : [this.flatVelocity(t, z, context), null];
      // Each probe is an estimate; the columns of the identity are parts of a sum.
      const share = probes ? 1 / probes.shape[1]! : 1;
      return [velocity, ...wanted.map((rate) => this.rate(rate, velocity, products, directions, share))];
    });
  }

  /** `f(t, z)` for any batch of points; `t` may be a number. */
  apply(t: number | Tensor, z: Tensor, context: Tensor | null = null): Tensor {
    return tf.tidy(() => this.velocity(typeof t === 'number' ? tf.fill([1, 1], t) : t, z, context));
  }

  /** {@link VectorField.velocity} on points laid flat. */
  protected flatVelocity(t: Tensor, z: Tensor, context: Tensor | null): Tensor {
    if (this.eventShape.length === 1) return this.velocity(t, z, context);
    const rows = z.shape[0];
    return tf.reshape(this.velocity(t, tf.reshape(z, [rows, ...this.eventShape]), context), z.shape);
  }

  private rate(
    rate: Rate,
    velocity: Tensor,
    products: Tensor | null,
    directions: Tensor | null,
    share: number,
  ): Tensor {
    const scaled = (x: Tensor) => (share === 1 ? x : tf.mul(x, share));
    switch (rate) {
      case 'divergence':
        return scaled(tf.sum(tf.mul(products!, directions!), [1, 2]));
      case 'jacobian':
        return scaled(tf.sum(tf.square(products!), [1, 2]));
      case 'kinetic':
        return tf.sum(tf.square(velocity), 1);
      default:
        throw new FlowConfigError(`${this.className}.rates`, {
          expected: 'a rate that this field has',
          got: `"${rate}"`,
          hint: 'The Hamilton-Jacobi-Bellman residual belongs to fields with a potential, such as PotentialField.',
        });
    }
  }
}
