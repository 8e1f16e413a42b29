import { FlowConfigError } from '../errors.js';
import { RandomStream, type Seed } from '../random.js';

/** How uncertainties are found by drawing the data again with replacement. */
export interface BootstrapOptions {
  /** Times that the data are drawn again. Default: 200. */
  readonly resamples?: number;
  /** Probability that an interval covers, in (0, 1). Default: 0.95. */
  readonly confidence?: number;
  /** Seed of the draws. Default: 0. */
  readonly seed?: Seed;
}

/** {@link BootstrapOptions} with defaults filled in. */
export interface BootstrapPlan {
  readonly resamples: number;
  readonly confidence: number;
  readonly stream: RandomStream;
}

/** @throws FlowConfigError for fewer than 10 resamples, or a confidence outside (0, 1). */
export function planBootstrap(
  where: string,
  { resamples = 200, confidence = 0.95, seed = 0 }: BootstrapOptions,
): BootstrapPlan {
  if (!Number.isInteger(resamples) || resamples < 10) {
    throw new FlowConfigError(`${where}.resamples`, {
      expected: 'a whole number of at least 10',
      got: String(resamples),
    });
  }
  if (!(confidence > 0 && confidence < 1)) {
    throw new FlowConfigError(`${where}.confidence`, { expected: 'a number between 0 and 1', got: String(confidence) });
  }
  return { resamples, confidence, stream: RandomStream.from(seed) };
}

/** How often each of `count` rows is drawn in as many draws with replacement. */
export function resampledCounts(count: number, stream: RandomStream): Float64Array {
  const counts = new Float64Array(count);
  for (let i = 0; i < count; i++) counts[stream.nextInteger(count)]++;
  return counts;
}

/** Spread of an estimate over resampled data. */
export interface Spread {
  /** Standard deviation. */
  readonly standardError: number;
  /** Percentiles that enclose the probability asked for. */
  readonly interval: readonly [number, number];
}

/** @param estimates one for each resample */
export function spreadOf(estimates: ArrayLike<number>, confidence: number): Spread {
  const ascending = Float64Array.from(estimates).sort();
  const n = ascending.length;
  const mean = ascending.reduce((sum, value) => sum + value, 0) / n;
  const variance = ascending.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const at = (p: number) => quantileOf(ascending, p);
  return { standardError: Math.sqrt(variance), interval: [at((1 - confidence) / 2), at((1 + confidence) / 2)] };
}

/** Linear interpolation between the order statistics, `p` from 0 to 1. */
export function quantileOf(ascending: ArrayLike<number>, p: number): number {
  const place = p * (ascending.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, ascending.length - 1);
  const part = place - below;
  return part === 0 ? ascending[below] : ascending[below] * (1 - part) + ascending[above] * part;
}
