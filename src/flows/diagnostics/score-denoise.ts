import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../../errors.js';
import type { Flow } from '../flow.js';

/** Options of {@link scoreDenoise}. */
export interface ScoreDenoiseOptions {
  /** Deviation of the noise that the flow was trained with, in the units of its events. */
  readonly sigma: number;
  /** Context of the events. Default: none. */
  readonly context?: Tensor | null;
}

/**
 * Takes the noise off samples of a flow that was trained on data with normal noise: `x = y + σ² ∂ log p(y) / ∂y`, the mean
 * of the data given `y` if `p` is the density of the noisy data (Tweedie's formula).
 *
 * Source: Zhai et al., "Normalizing flows are capable generative models", 2024.
 *
 * @param y `[...batch, ...event]`
 * @throws FlowConfigError for a deviation that is negative or no number.
 */
export function scoreDenoise(flow: Flow, y: Tensor, { sigma, context = null }: ScoreDenoiseOptions): Tensor {
  if (!(sigma >= 0 && Number.isFinite(sigma))) {
    throw new FlowConfigError('scoreDenoise.sigma', { expected: 'a number of at least 0', got: String(sigma) });
  }
  return tf.tidy(() => {
    const score = tf.grad((at: Tensor) => tf.sum(flow.logProb(at, { context })))(y);
    return tf.add(y, tf.mul(score, sigma ** 2));
  });
}
