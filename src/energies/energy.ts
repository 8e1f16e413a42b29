import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Module } from '../module.js';
import { batchShapeOf, flattenBatch, restoreBatch, sizeOf, type Shape } from '../shapes.js';

/** What an energy does not change under, beside what its formula shows. */
export interface Invariances {
  /** Moving all points of `[points, dims]` alike. */
  readonly translations?: boolean;
  /** Turning all points about an axis. */
  readonly rotations?: boolean;
  /** Mirror images, `x -> -x`. */
  readonly reflections?: boolean;
  /** Groups of points that may change places within the group. */
  readonly exchangeable?: readonly (readonly number[])[];
}

/**
 * An unnormalised target `p(x) ∝ exp(-u(x))`, `u(x) = U(x) / kT` in units of kT.
 *
 * A subclass writes {@link Energy.evaluate} on a flat batch, and where forces come cheaper by hand than by differentiation
 * {@link Energy.evaluateForce}; shapes and memory are looked after here.
 */
export abstract class Energy extends Module {
  /** Instances on which the contract suite tests the class. */
  static readonly samples: readonly (() => Energy)[] = [];

  /** Shape of one configuration. */
  abstract readonly eventShape: Shape;
  /** Its symmetries; the contract suite tests them. */
  readonly invariances: Invariances = {};
  /** A configuration of low energy, its numbers one after the other, where random ones would be far from any; or null. */
  readonly reference: Float32Array | null = null;

  /** `u(x)`, `[batch]`, of `x` with shape `[batch, ...eventShape]`, differentiable. */
  protected abstract evaluate(x: Tensor): Tensor;

  /** `-∂u/∂x`, `[batch, ...eventShape]`. */
  protected evaluateForce(x: Tensor): Tensor {
    return tf.neg(tf.grad((at: Tensor) => tf.sum(this.evaluate(at)))(x));
  }

  /** `u(x)` and `-∂u/∂x` of a flat batch. */
  protected evaluateBoth(x: Tensor): [energy: Tensor, force: Tensor] {
    const { value, grad } = tf.valueAndGrad((at: Tensor) => this.evaluate(at))(x, tf.ones([x.shape[0]]));
    return [value, tf.neg(grad)];
  }

  /**
   * Reduced energy `u(x)`.
   *
   * @param x `[...batch, ...eventShape]`
   * @returns `[...batch]`, in kT
   * @throws FlowShapeError when `x` has another shape.
   */
  energy(x: Tensor): Tensor {
    return this.run('energy', x, [], (flat) => this.evaluate(flat));
  }

  /**
   * Force `-∂u/∂x`.
   *
   * @param x `[...batch, ...eventShape]`
   * @returns the shape of `x`, in kT per unit of `x`
   * @throws FlowShapeError when `x` has another shape.
   */
  force(x: Tensor): Tensor {
    return this.run('force', x, this.eventShape, (flat) => this.evaluateForce(flat));
  }

  /**
   * Energy and force at little more than the cost of the force.
   *
   * @param x `[...batch, ...eventShape]`
   * @returns `[...batch]` and the shape of `x`
   * @throws FlowShapeError when `x` has another shape.
   */
  energyAndForce(x: Tensor): [energy: Tensor, force: Tensor] {
    return tf.tidy(() => {
      const batchShape = batchShapeOf(x, this.eventShape, `${this.className}.energyAndForce`, 'x');
      if (sizeOf(batchShape) === 0) return [tf.zeros(batchShape), tf.zeros(x.shape)];
      const [energy, force] = this.evaluateBoth(flattenBatch(x, batchShape, this.eventShape));
      return [restoreBatch(energy, batchShape, []), restoreBatch(force, batchShape, this.eventShape)];
    });
  }

  private run(method: string, x: Tensor, to: Shape, compute: (flat: Tensor) => Tensor): Tensor {
    return tf.tidy(() => {
      const batchShape = batchShapeOf(x, this.eventShape, `${this.className}.${method}`, 'x');
      if (sizeOf(batchShape) === 0) return tf.zeros([...batchShape, ...to]);
      return restoreBatch(compute(flattenBatch(x, batchShape, this.eventShape)), batchShape, to);
    });
  }
}
