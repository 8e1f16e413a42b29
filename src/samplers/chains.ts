import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { RandomStream } from '../random.js';
import type { Target } from './target.js';
import type { Wrap } from './periods.js';

/** Where chains stand; the first axis of every tensor counts them. */
export interface Chains {
  /** `[chains, ...event]` */
  readonly x: Tensor;
  /** `u(x)`, `[chains]` */
  readonly energy: Tensor;
  /** What else a sampler carries along: forces, velocities. */
  readonly [name: string]: Tensor;
}

/** What one transition has to go by. */
export interface Move {
  readonly target: Target;
  /** Random numbers of this transition alone. */
  readonly stream: RandomStream;
  readonly stepSize: number;
  /** Length scale of each coordinate, in whose units steps are: broadcastable to `[chains, ...event]`. */
  readonly scale: Tensor;
  /** Wraps periodic coordinates. */
  readonly wrap: Wrap;
}

/** What a transition leads to. All tensors are new and belong to the caller. */
export interface Transition {
  readonly chains: Chains;
  /** Probability with which the proposal was accepted, `[chains]`; 1 where nothing is refused. */
  readonly acceptance: Tensor;
  /** Numbers of which the run reports the mean over its steps. */
  readonly statistics?: Readonly<Record<string, Tensor>>;
}

/**
 * Metropolis and Hastings: moves each chain to its proposal with probability `min(1, e^logRatio)`; a ratio that is not a
 * number counts as zero.
 *
 * @param logRatio `[chains]`
 */
export function acceptOrStay(current: Chains, proposal: Chains, logRatio: Tensor, stream: RandomStream): Transition {
  return tf.tidy(() => {
    const ratio = tf.where(tf.isNaN(logRatio), tf.fill(logRatio.shape, -Infinity), logRatio);
    const thresholds = stream.uniform(logRatio.size).map((u) => Math.log(1 - u));
    const accepted = tf.less(tf.tensor1d(thresholds), ratio);
    const chains = Object.fromEntries(
      Object.entries(current).map(([name, before]) => {
        const mask = tf.reshape(accepted, [logRatio.size, ...before.shape.slice(1).map(() => 1)]);
        return [name, tf.where(mask, proposal[name], before)];
      }),
    );
    return { chains: chains as unknown as Chains, acceptance: tf.exp(tf.minimum(ratio, 0)) };
  });
}

/** `Σ x²` over the event, `[chains]`. */
export function squaredNorm(x: Tensor): Tensor {
  return tf.sum(tf.reshape(tf.square(x), [x.shape[0], -1]), 1);
}
