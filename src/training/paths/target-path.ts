import * as tf from '@tensorflow/tfjs-core';
import { checkSigma, type ProbabilityPath } from './path.js';

/**
 * From standard normal noise to a Gaussian of standard deviation `sigma` about each datum:
 * `x_t = (1 − (1 − σ) t) x₀ + t x₁`, velocity `x₁ − (1 − σ) x₀`, which is
 * `(x₁ − (1 − σ) x_t) / (1 − (1 − σ) t)` (Lipman et al., "Flow matching for generative modeling", 2023, section 4.1).
 *
 * @throws FlowConfigError for a `sigma` that is not in [0, 1).
 */
export function targetPath({ sigma }: { readonly sigma: number }): ProbabilityPath {
  checkSigma('targetPath', sigma, { below: 1 });
  return (x0, x1, t) => {
    const velocity = tf.sub(x1, tf.mul(x0, 1 - sigma));
    return { x: tf.add(x0, tf.mul(t, velocity)), velocity };
  };
}
