import * as tf from '@tensorflow/tfjs-core';
import type { GradSaveFunc, Tensor } from '@tensorflow/tfjs-core';
import { activate, type ActivationName } from '../dense/activation.js';

/** `φ′` at `u` with `y = φ(u)`, from operations that TF.js differentiates to any order; null for a slope of one. */
const SLOPES: Record<ActivationName, ((u: Tensor, y: Tensor) => Tensor) | null> = {
  identity: null,
  relu: (u) => tf.step(u),
  leakyRelu: (u) => tf.step(u, 0.01),
  elu: (u) => tf.exp(tf.neg(tf.relu(tf.neg(u)))),
  tanh: (_, y) => tf.sub(1, tf.square(y)),
  sigmoid: (_, y) => tf.mul(y, tf.sub(1, y)),
  softplus: (u) => tf.sigmoid(u),
  // Φ(u) + u φ(u) of the normal distribution.
  gelu: (u) => {
    const density = tf.mul(tf.exp(tf.mul(tf.square(u), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return tf.add(tf.mul(tf.add(tf.erf(tf.mul(u, Math.SQRT1_2)), 1), 0.5), tf.mul(u, density));
  },
  silu: (u) => {
    const share = tf.sigmoid(u);
    return tf.mul(share, tf.add(tf.mul(u, tf.sub(1, share)), 1));
  },
};

/** `φ′` at `u` with `y = φ(u)`, differentiable to any order. */
export function activationSlope(name: ActivationName, u: Tensor, y: Tensor): Tensor {
  return SLOPES[name]?.(u, y) ?? tf.onesLike(u);
}

/** `[φ(u_0), φ′(u_0) ∘ u_k]` of dual numbers `u`, `[batch, 1 + K, n]`. */
export function activateDual(name: ActivationName, u: Tensor): Tensor {
  const [value, tangents] = split(u);
  const y = activate(name, value);
  if (!tangents) return y;
  const slope = SLOPES[name];
  return tf.concat([y, slope ? tf.mul(slope(value, y), tangents) : tangents], 1);
}

/** A dense layer on dual numbers, from TF.js operations. */
export function dualDenseReference([x, kernel, shift]: Tensor[], activation: ActivationName): Tensor {
  const [batch, entries, inputs] = x.shape as [number, number, number];
  const outputs = kernel.shape[1]!;
  if (batch * outputs === 0) return nothing([batch, entries, outputs], [x, kernel, shift]);
  const products = tf.matMul(tf.reshape(x, [batch * entries, inputs]), kernel);
  const [value, tangents] = split(tf.reshape(products, [batch, entries, outputs]));
  const shifted = tf.add(value, tf.reshape(shift, [shift.shape[0], 1, outputs]));
  return activateDual(activation, tangents ? tf.concat([shifted, tangents], 1) : shifted);
}

/** A result without numbers. Gradients of stock operations on such are wrong on some backends; here they are zero. */
function nothing(shape: number[], inputs: Tensor[]): Tensor {
  return tf.customGrad((...given) => {
    const save = given.pop() as unknown as GradSaveFunc;
    save(given as Tensor[]);
    return { value: tf.zeros(shape), gradFunc: (_, saved) => saved.map((input) => tf.zerosLike(input)) };
  })(...inputs);
}

/**
 * Values, `[batch, 1, n]`, and derivatives, `[batch, K, n]`, or null for none. A batch without rows is not taken apart:
 * not every backend can.
 */
function split(u: Tensor): [value: Tensor, tangents: Tensor | null] {
  const entries = u.shape[1]!;
  if (entries === 1 || u.size === 0) return [u, null];
  return tf.split(u, [1, entries - 1], 1) as [Tensor, Tensor];
}
