import * as tf from '@tensorflow/tfjs-core';
import { checkSigma, type ProbabilityPath } from './path.js';

/**
 * Straight lines, blurred by `sigma`: `x_t = (1 − t) x₀ + t x₁ + σ ε`, velocity `x₁ − x₀` (Liu et al., "Flow straight and
 * fast", 2023; Tong et al., 2023).
 *
 * @throws FlowConfigError for a negative `sigma`.
 */
export function linearPath({ sigma = 0 }: { readonly sigma?: number } = {}): ProbabilityPath {
  checkSigma('linearPath', sigma);
  return (x0, x1, t, stream) => {
    const velocity = tf.sub(x1, x0);
    const mean = tf.add(x0, tf.mul(t, velocity));
    return { x: sigma === 0 ? mean : tf.add(mean, tf.mul(stream.normalTensor(x0.shape), sigma)), velocity };
  };
}
