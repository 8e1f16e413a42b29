import * as tf from '@tensorflow/tfjs-core';
import { checkSigma, type ProbabilityPath } from './path.js';

/** Keeps the velocity finite at both ends. */
const EPSILON = 1e-8;

/**
 * Brownian bridges of diffusion `sigma`: `x_t = (1 − t) x₀ + t x₁ + σ √(t(1 − t)) ε`, velocity
 * `(1 − 2t) / (2t(1 − t)) (x_t − (1 − t) x₀ − t x₁) + x₁ − x₀`. With pairs from {@link entropicTransport} and a
 * regularisation of `2 sigma²` this is the probability flow of a Schrödinger bridge (Tong et al., "Simulation-free
 * Schrödinger bridges via score and flow matching", 2023).
 *
 * @throws FlowConfigError for a `sigma` that is not positive.
 */
export function bridgePath({ sigma }: { readonly sigma: number }): ProbabilityPath {
  checkSigma('bridgePath', sigma, { positive: true });
  return (x0, x1, t, stream) => {
    const drift = tf.sub(x1, x0);
    const variance = tf.mul(t, tf.sub(1, t));
    const blur = tf.mul(tf.mul(tf.sqrt(variance), sigma), stream.normalTensor(x0.shape));
    const rate = tf.div(tf.sub(1, tf.mul(t, 2)), tf.add(tf.mul(variance, 2), EPSILON));
    return { x: tf.add(tf.add(x0, tf.mul(t, drift)), blur), velocity: tf.add(drift, tf.mul(rate, blur)) };
  };
}
