import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../../errors.js';
import type { RandomStream } from '../../random.js';

/** A point of a path and the velocity there, `[batch, dims]` each. */
export interface PathPoint {
  /** `x_t`, `[rows, size]` */
  readonly x: Tensor;
  /** The velocity to learn there, of the same shape. */
  readonly velocity: Tensor;
}

/**
 * A probability path: how noise moves to data, and how fast, given a pair of both. Its mean velocity at a point, over all
 * pairs whose path goes through, moves the distribution of the noise into that of the data.
 *
 * @param x0 noise, where `t` is 0; `[batch, dims]`
 * @param x1 data, where `t` is 1; `[batch, dims]`
 * @param t times in [0, 1], `[batch, 1]`
 * @param stream draws what is random about the path itself
 */
export type ProbabilityPath = (x0: Tensor, x1: Tensor, t: Tensor, stream: RandomStream) => PathPoint;

/** @throws FlowConfigError unless `sigma` is zero or positive, or in the narrower range asked for. */
export function checkSigma(where: string, sigma: number, { positive = false, below = Infinity } = {}): void {
  if (typeof sigma === 'number' && (positive ? sigma > 0 : sigma >= 0) && sigma < below) return;
  const range = below === Infinity ? `${positive ? '' : 'zero or '}a positive number` : `a number in [0, ${below})`;
  throw new FlowConfigError(`${where}.sigma`, { expected: range, got: String(sigma) });
}
