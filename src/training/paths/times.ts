import { FlowConfigError } from '../../errors.js';
import type { RandomStream } from '../../random.js';

/** Draws the times, in [0, 1], at which the rows of a batch are looked at. */
export type TimeSampler = (rows: number, stream: RandomStream) => Float32Array;

/** Times spread evenly over [0, 1]. */
export function uniformTimes(): TimeSampler {
  return (rows, stream) => stream.uniform(rows);
}

/**
 * `t = 1 / (1 + exp(−z))`, `z ~ N(mean, scale²)`: more of the middle, where velocities are hardest to tell (Esser et al.,
 * "Scaling rectified flow transformers for high-resolution image synthesis", 2024).
 *
 * @throws FlowConfigError for a mean that is not finite or a scale that is not positive.
 */
export function logitNormalTimes({
  mean = 0,
  scale = 1,
}: { readonly mean?: number; readonly scale?: number } = {}): TimeSampler {
  if (!Number.isFinite(mean)) {
    throw new FlowConfigError('logitNormalTimes.mean', { expected: 'a finite number', got: String(mean) });
  }
  if (!(scale > 0 && scale < Infinity)) {
    throw new FlowConfigError('logitNormalTimes.scale', { expected: 'a positive number', got: String(scale) });
  }
  return (rows, stream) => stream.normal(rows).map((z) => 1 / (1 + Math.exp(-mean - scale * z)));
}
