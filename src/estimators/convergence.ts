import { FlowShapeError } from '../errors.js';
import { autocovariance } from './autocorrelation.js';
import { quantileOf } from './bootstrap.js';
import { checkFinite } from './log-weights.js';
import { normalQuantile } from '../numerics/normal-quantile.js';

/** Chains of one number each, all equally long. */
export type ChainSeries = readonly ArrayLike<number>[];

/** Fewest numbers of a chain: two halves with a variance. */
const LEAST = 4;

/**
 * Rank-normalised split R-hat: how far chains, cut in halves, disagree in location, or in scale (the larger of both, that of
 * the values and that of their distances from the median). Converged chains have less than 1.01. Infinite where chains
 * stand still at different values, NaN where all stand at one.
 *
 * Source: Vehtari, Gelman, Simpson, Carpenter and Bürkner, "Rank-normalization, folding, and localization: an improved R̂",
 * 2021.
 *
 * @throws FlowDataError for numbers that are not finite, or fewer than four a chain.
 * @throws FlowShapeError for chains of different lengths, or none.
 */
export function splitRHat(chains: ChainSeries): number {
  const halves = split(check('splitRHat', chains));
  return Math.max(rHat(rankNormalized(halves)), rHat(rankNormalized(folded(halves))));
}

/**
 * Independent draws that chains are worth for the bulk of the distribution: of rank-normalised split chains.
 *
 * @throws the errors of {@link splitRHat}.
 */
export function bulkEffectiveSampleSize(chains: ChainSeries): number {
  return effectiveSize(rankNormalized(split(check('bulkEffectiveSampleSize', chains))));
}

/**
 * Independent draws that chains are worth for the tails: the smaller of those for the shares below the 5 % and 95 % quantiles.
 *
 * @throws the errors of {@link splitRHat}.
 */
export function tailEffectiveSampleSize(chains: ChainSeries): number {
  const halves = split(check('tailEffectiveSampleSize', chains));
  const ascending = Float64Array.from(halves.flatMap((half) => [...half])).sort();
  const sizes = [0.05, 0.95].map((p) => {
    const bound = quantileOf(ascending, p);
    return effectiveSize(halves.map((half) => half.map((value) => (value <= bound ? 1 : 0))));
  });
  return Math.min(...sizes);
}

function check(where: string, chains: ChainSeries): ChainSeries {
  const [first] = chains;
  if (chains.length === 0 || chains.some(({ length }) => length !== first.length)) {
    throw new FlowShapeError(where, {
      expected: 'chains of one length',
      got: chains.length === 0 ? 'none' : `lengths ${chains.map(({ length }) => length).join(', ')}`,
    });
  }
  chains.forEach((chain, i) => checkFinite(where, chain, `chain ${i}`, LEAST));
  return chains;
}

/** First and last halves; the middle of an odd number is left out. */
function split(chains: ChainSeries): Float64Array[] {
  return chains.flatMap((chain) => {
    const half = Math.floor(chain.length / 2);
    const values = Float64Array.from(chain);
    return [values.slice(0, half), values.slice(values.length - half)];
  });
}

/** Distances from the median of all. */
function folded(chains: readonly Float64Array[]): Float64Array[] {
  const median = quantileOf(Float64Array.from(chains.flatMap((chain) => [...chain])).sort(), 0.5);
  return chains.map((chain) => chain.map((value) => Math.abs(value - median)));
}

/** Normal scores of the ranks among all values, `Φ⁻¹((r - 3/8) / (S + 1/4))`; equal values share their mean rank. */
function rankNormalized(chains: readonly Float64Array[]): Float64Array[] {
  const all = chains.flatMap((chain) => [...chain]);
  const order = Array.from(all.keys()).sort((a, b) => all[a] - all[b]);
  const scores = new Float64Array(all.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && all[order[end]] === all[order[start]]) end++;
    const rank = (start + 1 + end) / 2;
    for (let i = start; i < end; i++) scores[order[i]] = normalQuantile((rank - 0.375) / (all.length + 0.25));
    start = end;
  }
  const { length } = chains[0];
  return chains.map((_, i) => scores.slice(i * length, (i + 1) * length));
}

/** Variance within chains, and the estimate of that of the target. */
function variances(chains: readonly Float64Array[]): { within: number; total: number } {
  const n = chains[0].length;
  const means = chains.map((chain) => meanOf(chain));
  const within = meanOf(chains.map((chain, i) => chain.reduce((sum, v) => sum + (v - means[i]) ** 2, 0) / (n - 1)));
  const grand = meanOf(means);
  const between = means.reduce((sum, mean) => sum + (mean - grand) ** 2, 0) / (means.length - 1);
  return { within, total: ((n - 1) / n) * within + between };
}

function rHat(chains: readonly Float64Array[]): number {
  const { within, total } = variances(chains);
  return Math.sqrt(total / within);
}

/** Size by Geyer's initial monotone sequence of sums of two autocorrelations. */
function effectiveSize(chains: readonly Float64Array[]): number {
  const n = chains[0].length;
  const draws = chains.length * n;
  const { within, total } = variances(chains);
  if (!(total > 0)) return NaN;
  const covariances = chains.map((chain) => {
    const mean = meanOf(chain);
    return autocovariance(chain.map((value) => value - mean));
  });
  const correlation = (lag: number) =>
    1 - (within - (n / (n - 1)) * meanOf(covariances.map((own) => own[lag]))) / total;
  let time = -1;
  let least = Infinity;
  for (let lag = 0; lag + 1 < n; lag += 2) {
    const pair = (lag === 0 ? 1 : correlation(lag)) + correlation(lag + 1);
    if (!(pair > 0)) break;
    least = Math.min(least, pair);
    time += 2 * least;
  }
  // More than independent draws are worth only so far as such an estimate can be trusted.
  return draws / Math.max(time, 1 / Math.log10(draws));
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}
