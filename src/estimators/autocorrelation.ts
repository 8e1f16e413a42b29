import { FlowConfigError } from '../errors.js';
import { checkFinite } from './log-weights.js';

/** Options of {@link integratedAutocorrelationTime}. */
export interface AutocorrelationOptions {
  /** The sum is cut at the first lag of at least this many autocorrelation times. Default: 5. */
  readonly window?: number;
}

/**
 * Integrated autocorrelation time `τ = ½ + Σ_{t=1}^W ρ(t)` of a series, in steps, with the smallest window `W ≥ 5 τ(W)`. Its
 * mean has the variance `2τ σ² / N`; independent numbers have `τ = ½`. The series should be some fifty times as long.
 *
 * Source: Sokal, "Monte Carlo methods in statistical mechanics", 1997, section 3.
 *
 * @param series of one chain, or one a chain: their autocovariances are averaged about their common mean
 * @throws FlowDataError for numbers that are not finite, or fewer than four in a series.
 * @throws FlowConfigError for a window that is not positive.
 */
export function integratedAutocorrelationTime(
  series: ArrayLike<number> | readonly ArrayLike<number>[],
  { window = 5 }: AutocorrelationOptions = {},
): number {
  const where = 'integratedAutocorrelationTime';
  if (!(window > 0)) {
    throw new FlowConfigError(`${where}.window`, { expected: 'a positive number', got: String(window) });
  }
  const chains = typeof series[0] === 'number' || series.length === 0 ? [series as ArrayLike<number>] : (series as readonly ArrayLike<number>[]); // prettier-ignore
  for (const chain of chains) checkFinite(where, chain, 'series', 4);
  const covariance = meanAutocovariance(chains, commonMean(chains));
  // What never moves is its own past for ever.
  if (covariance[0] === 0) return Infinity;
  let time = 0.5;
  for (let lag = 1; lag < covariance.length; lag++) {
    time += covariance[lag] / covariance[0];
    if (lag >= window * time) break;
  }
  return Math.max(time, 0);
}

function commonMean(chains: readonly ArrayLike<number>[]): number {
  let [sum, count] = [0, 0];
  for (const chain of chains) {
    for (let i = 0; i < chain.length; i++) sum += chain[i];
    count += chain.length;
  }
  return sum / count;
}

function meanAutocovariance(chains: readonly ArrayLike<number>[], mean: number): Float64Array {
  const lags = Math.min(...chains.map(({ length }) => length));
  const total = new Float64Array(lags);
  for (const chain of chains) {
    const own = autocovariance(Float64Array.from(chain, (value) => value - mean));
    for (let lag = 0; lag < lags; lag++) total[lag] += own[lag] / chains.length;
  }
  return total;
}

/** `Σ_i c_i c_{i+t} / N` for every lag `t`, of a centred series, by Fourier transforms. `[N]` */
export function autocovariance(centred: Float64Array): Float64Array {
  const n = centred.length;
  let size = 1;
  while (size < 2 * n) size *= 2;
  const [real, imaginary] = [new Float64Array(size), new Float64Array(size)];
  real.set(centred);
  fourier(real, imaginary);
  for (let i = 0; i < size; i++) {
    real[i] = real[i] ** 2 + imaginary[i] ** 2;
    imaginary[i] = 0;
  }
  // The power spectrum is even: the transform is its own inverse up to the length.
  fourier(real, imaginary);
  return real.slice(0, n).map((value) => value / size / n);
}

/** Radix-2 Fourier transform in place; the length is a power of two. */
function fourier(real: Float64Array, imaginary: Float64Array): void {
  const n = real.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    [real[i], real[j]] = [real[j], real[i]];
    [imaginary[i], imaginary[j]] = [imaginary[j], imaginary[i]];
  }
  for (let length = 2; length <= n; length *= 2) {
    const half = length / 2;
    for (let k = 0; k < half; k++) {
      const [cos, sin] = [Math.cos((-2 * Math.PI * k) / length), Math.sin((-2 * Math.PI * k) / length)];
      for (let start = k; start < n; start += length) {
        const other = start + half;
        const re = real[other] * cos - imaginary[other] * sin;
        const im = real[other] * sin + imaginary[other] * cos;
        real[other] = real[start] - re;
        imaginary[other] = imaginary[start] - im;
        real[start] += re;
        imaginary[start] += im;
      }
    }
  }
}
