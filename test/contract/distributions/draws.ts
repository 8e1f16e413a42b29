import * as tf from '@tensorflow/tfjs-core';
import { FlowConfigError, RandomStream } from '../../../src/index.js';
import { logSphereArea } from '../../../src/numerics/sphere-area.js';
import { sizeOf } from '../../../src/shapes.js';
import { chiSquareExcess, densityGrid, kolmogorovDistance } from '../density-grid.js';
import { expect, expectClose, expectRefusal, expectSame, listsFrom, numbersFrom } from '../expect.js';
import { normalised } from '../spheres.js';
import { drawEvents, type Subject } from './subject.js';

export async function drawsRepeat({ distribution, context }: Subject): Promise<void> {
  const stream = new RandomStream(0);
  const [zero, zeroAgain, one, text, first, second] = await listsFrom(() =>
    [0, 0, 1, 'one', stream, stream].map((seed) => distribution.sample(6, { seed, context })),
  );
  expectSame(zeroAgain, zero, 'draws with the same seed');
  expectSame(first, zero, 'draws from a fresh stream of the same seed');
  for (const other of [one, text, second]) {
    expect(
      JSON.stringify(other) !== JSON.stringify(zero),
      'another seed, or a stream that has moved on, drew the same',
    );
  }
}

export async function drawsFollowTheDensity(subject: Subject): Promise<void> {
  const { distribution, context } = subject;
  const dims = sizeOf(distribution.eventShape);
  const events = await drawEvents(subject, 'placement');
  const [low, high] = distribution.support.map(Math.fround);
  expect(
    events.flat().every((x) => x >= low && x <= high),
    'a draw lies outside of the support',
  );
  if (distribution.unitVectors) return drawsFollowTheDensityOnSpheres(subject, events);
  if (dims > 2) return;
  const grid = await densityGrid(distribution, events, context);
  const total = grid.masses.reduce((sum, mass) => sum + mass);
  expect(Math.abs(total - 1) <= 1e-3, `exp(logProb) integrates to ${total}`);
  const draws = await drawEvents(subject, 'counts');
  const excess = chiSquareExcess(grid, draws);
  expect(excess < 5, `draws leave the density: chi-square ${excess} deviations above its mean`);
  const distance = kolmogorovDistance(grid, draws);
  expect(distance < 2.2, `draws leave the density: Kolmogorov-Smirnov statistic ${distance}`);
}

/** Means over draws against means over uniform points weighted by the density, of functions that tell distributions apart. */
async function drawsFollowTheDensityOnSpheres(
  { distribution, context }: Subject,
  events: readonly number[][],
): Promise<void> {
  const { eventShape } = distribution;
  const [start, end] = distribution.unitVectors!;
  if (end - start !== eventShape.at(-1)) return;
  const count = 20_000;
  const noise = new RandomStream('uniform').normal(count * sizeOf(eventShape));
  const points = normalised(noise, end, [start, end]);
  const logProbs = await numbersFrom(() =>
    distribution.logProb(tf.tensor(points, [count, ...eventShape]), { context }),
  );
  const logArea = (sizeOf(eventShape) / end) * logSphereArea(end);
  const weights = logProbs.map((value) => Math.exp(value + logArea));
  const width = sizeOf(eventShape);
  const tests: readonly ((at: ArrayLike<number>) => number)[] = [
    () => 1,
    (at) => at[0] * at[0],
    (at) => at[0] * at[width - 1],
    (at) => at[1],
  ];
  for (const [k, value] of tests.entries()) {
    const weighted = weights.map((weight, i) => weight * value(points.subarray(i * width, (i + 1) * width)));
    const drawn = events.map(value);
    const [expected, found] = [meanAndError(weighted), meanAndError(drawn)];
    const allowed = 5 * Math.hypot(expected.error, found.error) + 1e-5;
    expect(
      Math.abs(expected.mean - found.mean) <= allowed,
      `mean of function ${k}: ${found.mean} over draws, ${expected.mean} by the density`,
    );
  }
}

function meanAndError(values: readonly number[]): { mean: number; error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, error: Math.sqrt(variance / values.length) };
}

export async function temperature({ distribution, context }: Subject): Promise<void> {
  const draw = (value: number) => distribution.sample(50, { seed: 'draws', context, temperature: value });
  if (!distribution.supportsTemperature) {
    for (const value of [0.5, 2]) expectRefusal(() => draw(value), FlowConfigError, `${distribution.className}.sample`);
    return;
  }
  const [cold, usual, hot] = await listsFrom(() => [0.5, 1, 2].map(draw));
  const distances = usual.map((x, i) => 2 * (x - cold[i]));
  expectClose(hot.map((x, i) => x - usual[i]), distances, 1e-4, 'distances from the centre'); // prettier-ignore
  expect(
    distances.some((distance) => Math.abs(distance) > 0.1),
    'temperature does nothing',
  );
}
