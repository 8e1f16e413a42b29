import { FlowConfigError, FlowDataError } from '../errors.js';
import { planBootstrap, resampledCounts, spreadOf, type BootstrapOptions } from './bootstrap.js';
import type { FreeEnergyDifference } from './free-energy.js';
import { checkFinite, checkLogWeights, normalize, type LogWeights } from './log-weights.js';
import { checkSameLength } from './weighted-mean.js';

/** Options of {@link weightedHistogram}. */
export interface HistogramOptions {
  /** Default: all weights are equal. */
  readonly logWeights?: LogWeights;
  /** Bins of equal width. Default: 50. */
  readonly bins?: number;
  /** Ends of the range; what lies outside is left out of the density. Default: from the smallest value to the largest. */
  readonly range?: readonly [number, number];
}

/** A density as steps. */
export interface Histogram {
  /** Ends of the bins, `[bins + 1]`. */
  readonly edges: Float64Array;
  /** Middles of the bins, `[bins]`. */
  readonly centers: Float64Array;
  /** Integrates to one over the range, `[bins]`. */
  readonly density: Float64Array;
  /** Standard errors of the density, `[bins]`. */
  readonly standardErrors: Float64Array;
  /** Share of the weight that lies outside of the range. */
  readonly outside: number;
}

/** Minus the logarithm of a density along a coordinate: see {@link freeEnergyProfile}. */
export interface FreeEnergyProfile {
  /** `[bins]` */
  readonly centers: Float64Array;
  /** In kT, the lowest at zero; infinite in empty bins. `[bins]` */
  readonly freeEnergies: Float64Array;
  /** Infinite in empty bins. `[bins]` */
  readonly standardErrors: Float64Array;
}

/**
 * Histogram of weighted values.
 *
 * @throws FlowShapeError when there is not one weight a value.
 * @throws FlowDataError for values that are not finite, weights that are not numbers or all zero, or none within the range.
 * @throws FlowConfigError for bins or a range that are none.
 */
export function weightedHistogram(values: ArrayLike<number>, options: HistogramOptions = {}): Histogram {
  const where = 'weightedHistogram';
  const { bins = 50 } = options;
  const logWeights = options.logWeights ?? new Float64Array(values.length);
  checkSameLength(where, values, logWeights);
  checkFinite(where, values, 'values');
  checkLogWeights(where, logWeights);
  const [low, high] = options.range ?? rangeOf(values);
  if (!Number.isInteger(bins) || bins < 1) {
    throw new FlowConfigError(`${where}.bins`, { expected: 'a positive whole number', got: String(bins) });
  }
  if (!(low < high && Number.isFinite(high - low))) {
    throw new FlowConfigError(`${where}.range`, { expected: 'finite ends low < high', got: `[${low}, ${high}]` });
  }
  const weights = normalize(logWeights);
  const mass = new Float64Array(bins);
  const square = new Float64Array(bins);
  for (let i = 0; i < values.length; i++) {
    if (values[i] < low || values[i] > high) continue;
    const bin = Math.min(bins - 1, Math.floor(((values[i] - low) / (high - low)) * bins));
    mass[bin] += weights[i];
    square[bin] += weights[i] ** 2;
  }
  const inside = mass.reduce((sum, value) => sum + value, 0);
  if (inside === 0) {
    throw new FlowDataError(where, { expected: `values in [${low}, ${high}]`, got: 'none with any weight' });
  }
  const width = (high - low) / bins;
  const squares = square.reduce((sum, value) => sum + value, 0);
  return {
    edges: Float64Array.from({ length: bins + 1 }, (_, i) => low + i * width),
    centers: mass.map((_, i) => low + (i + 0.5) * width),
    density: mass.map((value) => value / inside / width),
    standardErrors: mass.map((value, i) => {
      const p = value / inside;
      const variance = square[i] * (1 - p) ** 2 + (squares - square[i]) * p * p;
      return Math.sqrt(variance) / inside / width;
    }),
    outside: Math.max(0, 1 - inside),
  };
}

/**
 * Free energy along a coordinate, `-log ρ(r)` in kT, from a weighted histogram, with standard errors `σ_ρ / ρ`.
 *
 * @throws the errors of {@link weightedHistogram}.
 */
export function freeEnergyProfile(values: ArrayLike<number>, options: HistogramOptions = {}): FreeEnergyProfile {
  const { centers, density, standardErrors } = weightedHistogram(values, options);
  const lowest = -Math.log(density.reduce((a, b) => Math.max(a, b)));
  return {
    centers,
    freeEnergies: density.map((value) => -Math.log(value) - lowest),
    standardErrors: density.map((value, i) => (value > 0 ? standardErrors[i] / value : Infinity)),
  };
}

/**
 * Free energy of one basin over another in kT, `-log(Σ_B w / Σ_A w)`.
 *
 * @param basins of each draw: 0 for A, 1 for B, anything else for neither
 * @throws FlowShapeError when there is not one weight a draw.
 * @throws FlowDataError when a basin has no weight, or weights are not numbers.
 */
export function basinFreeEnergy(
  basins: ArrayLike<number>,
  logWeights: LogWeights = new Float64Array(basins.length),
  options: BootstrapOptions = {},
): FreeEnergyDifference {
  const where = 'basinFreeEnergy';
  checkSameLength(where, basins, logWeights);
  checkLogWeights(where, logWeights);
  const { resamples, confidence, stream } = planBootstrap(where, options);
  const weights = normalize(logWeights);
  const difference = (counts: Float64Array | null): number => {
    const mass = [0, 0];
    for (let i = 0; i < weights.length; i++) {
      if (basins[i] === 0 || basins[i] === 1) mass[basins[i]] += (counts ? counts[i] : 1) * weights[i];
    }
    return Math.log(mass[0]) - Math.log(mass[1]);
  };
  const value = difference(null);
  if (!Number.isFinite(value)) {
    throw new FlowDataError(where, { expected: 'weight in both basins', got: 'none in one of them' });
  }
  const estimates = Array.from({ length: resamples }, () => difference(resampledCounts(weights.length, stream)));
  return { value, ...spreadOf(estimates.filter(Number.isFinite), confidence) };
}

function rangeOf(values: ArrayLike<number>): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  return [low, high];
}
