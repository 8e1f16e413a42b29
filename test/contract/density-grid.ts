import * as tf from '@tensorflow/tfjs-core';
import type { Distribution } from '../../src/index.js';
import { numbersFrom } from './expect.js';

/** A coordinate of the support as the image of (0, 1). */
interface Axis {
  fromUnit(t: number): number;
  toUnit(x: number): number;
  /** `dx/dt` */
  slope(t: number): number;
}

/** Probabilities of a partition of the support into blocks, and which block an event lies in. */
export interface DensityGrid {
  readonly masses: readonly number[];
  readonly blockOf: (event: readonly number[]) => number;
  /** Probability up to the upper end of each slice of blocks across each axis, `[dims][slices]`. */
  readonly cumulative: readonly (readonly number[])[];
  /** Which slice an event lies in, for each axis. */
  readonly slicesOf: (event: readonly number[]) => number[];
}

/** Cells and blocks along each axis, for one and two coordinates. */
const RESOLUTION = [
  { cells: 16384, blocks: 64 },
  { cells: 256, blocks: 16 },
];

/**
 * Integrates `exp(log p)` over a grid of cells by the midpoint rule and adds up the cells of each block.
 *
 * @param events draws that say where the mass of an unbounded coordinate is: `[n][dims]`, one or two coordinates.
 */
export async function densityGrid(
  distribution: Distribution,
  events: readonly (readonly number[])[],
  context: tf.Tensor | null,
): Promise<DensityGrid> {
  const dims = events[0].length;
  const { cells, blocks } = RESOLUTION[dims - 1];
  const axes = events[0].map((_, i) => axisOf(distribution, events.map((event) => event[i]))); // prettier-ignore
  const placeOf = (cell: number, axis: number) => (Math.floor(cell / cells ** axis) % cells) + 0.5;
  const total = cells ** dims;
  const points = new Float32Array(total * dims);
  for (let cell = 0; cell < total; cell++) {
    for (let i = 0; i < dims; i++) points[cell * dims + i] = axes[i].fromUnit(placeOf(cell, i) / cells);
  }
  const logProbs = await numbersFrom(() =>
    distribution.logProb(tf.tensor(points, [total, ...distribution.eventShape]), { context }),
  );
  const masses = Array<number>(blocks ** dims).fill(0);
  const slices = axes.map(() => Array<number>(blocks).fill(0));
  const sliceAt = (t: number) => Math.max(0, Math.min(blocks - 1, Math.floor(t * blocks)));
  const blockAt = (units: readonly number[]) => units.reduce((index, t, i) => index + sliceAt(t) * blocks ** i, 0);
  for (let cell = 0; cell < total; cell++) {
    const units = axes.map((_, i) => placeOf(cell, i) / cells);
    const volume = units.reduce((product, t, i) => (product * axes[i].slope(t)) / cells, 1);
    const mass = Math.exp(logProbs[cell]) * volume;
    masses[blockAt(units)] += mass;
    units.forEach((t, i) => (slices[i][sliceAt(t)] += mass));
  }
  const toUnits = (event: readonly number[]) => event.map((x, i) => axes[i].toUnit(x));
  return {
    masses,
    blockOf: (event) => blockAt(toUnits(event)),
    cumulative: slices.map(runningSums),
    slicesOf: (event) => toUnits(event).map(sliceAt),
  };
}

function runningSums(values: readonly number[]): number[] {
  let sum = 0;
  return values.map((value) => (sum += value));
}

/** A bounded support as it is; the real line with most of the mass in the middle, `x = centre + s u / (1 - |u|)`. */
function axisOf({ support: [low, high] }: Distribution, draws: number[]): Axis {
  if (Number.isFinite(high - low)) {
    const width = high - low;
    return { fromUnit: (t) => low + width * t, toUnit: (x) => (x - low) / width, slope: () => width };
  }
  const sorted = draws.toSorted((a, b) => a - b);
  const quantile = (p: number) => sorted[Math.floor(p * sorted.length)];
  const centre = quantile(0.5);
  const spread = quantile(0.8) - quantile(0.2);
  return {
    fromUnit: (t) => centre + (spread * (2 * t - 1)) / (1 - Math.abs(2 * t - 1)),
    toUnit: (x) => {
      const v = (x - centre) / spread;
      return (v / (1 + Math.abs(v)) + 1) / 2;
    },
    slope: (t) => (2 * spread) / (1 - Math.abs(2 * t - 1)) ** 2,
  };
}

/**
 * Pearson's statistic of counts against a partition, with blocks of few expected draws joined, in standard deviations
 * above its mean: above 5 only when draws and density disagree.
 */
export function chiSquareExcess({ masses, blockOf }: DensityGrid, events: readonly (readonly number[])[]): number {
  const counts = Array<number>(masses.length).fill(0);
  for (const event of events) counts[blockOf(event)]++;
  let [statistic, freedom, rareCount, rareExpected] = [0, -1, 0, 0];
  const add = (count: number, expected: number) => {
    statistic += (count - expected) ** 2 / expected;
    freedom++;
  };
  masses.forEach((mass, block) => {
    const expected = mass * events.length;
    if (expected >= 5) add(counts[block], expected);
    else [rareCount, rareExpected] = [rareCount + counts[block], rareExpected + expected];
  });
  if (rareExpected > 1e-3 || rareCount > 0) add(rareCount, Math.max(rareExpected, 1));
  return (statistic - freedom) / Math.sqrt(2 * freedom);
}

/**
 * The largest distance between the distribution functions of draws and of the density, over all coordinates, times the
 * root of the number of draws (Kolmogorov and Smirnov): above 2.2 once in eight thousand fair tests.
 */
export function kolmogorovDistance(
  { cumulative, slicesOf }: DensityGrid,
  events: readonly (readonly number[])[],
): number {
  const counts = cumulative.map((slices) => slices.map(() => 0));
  for (const event of events) slicesOf(event).forEach((slice, i) => counts[i][slice]++);
  const distances = cumulative.map((expected, i) => {
    const fractions = runningSums(counts[i].map((count) => count / events.length));
    return Math.max(...fractions.map((fraction, slice) => Math.abs(fraction - expected[slice])));
  });
  return Math.max(...distances) * Math.sqrt(events.length);
}
