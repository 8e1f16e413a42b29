import test from 'ava';
import {
  fitGaussian,
  gaussianLogDensity,
  logDeterminant,
  type Gaussian,
} from '../../../demos/quickstart/baselines/gaussian.js';
import { fitKernelDensity, kernelLogDensity } from '../../../demos/quickstart/baselines/kernel-density.js';
import { RandomStream } from '../../../src/index.js';

/** Correlated rows of three columns on different scales. */
function rowsOf(n: number, seed: string): number[][] {
  const stream = new RandomStream(seed);
  return Array.from({ length: n }, () => {
    const [a, b, c] = stream.normal(3);
    return [100 + 50 * a, 3 * b + 0.05 * a, 0.01 * (c + b * b)];
  });
}

/** A change of units and origin, and the log-density that it takes off. */
const SCALES = [0.02, 7, 1000];
const rescale = (row: number[]): number[] => row.map((value, i) => SCALES[i] * value - i);
const LOG_SCALE = SCALES.reduce((sum, scale) => sum + Math.log(scale), 0);

const close = (a: number, b: number, tolerance = 1e-9): boolean => Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b)); // prettier-ignore
const meanOf = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

test('Gaussian: the density of a known one', (t) => {
  const gaussian: Gaussian = { mean: [1, -2], factor: [[2], [0.5, 3]] };
  // Covariance [[4, 1], [1, 9.25]], determinant 36; at mean + (2, 1): quadratic form (9.25·4 - 2·2 + 4·1) / 36.
  const expected = -0.5 * ((9.25 * 4 - 4 + 4) / 36) - 0.5 * Math.log(36) - Math.log(2 * Math.PI);
  t.true(close(gaussianLogDensity(gaussian, [3, -1]), expected));
});

test('Gaussian: at greatest likelihood the mean log-density is minus its entropy', (t) => {
  const rows = rowsOf(500, 'gaussian');
  const gaussian = fitGaussian(rows);
  const entropy = logDeterminant(gaussian) + 1.5 * (1 + Math.log(2 * Math.PI));
  t.true(close(meanOf(rows.map((row) => gaussianLogDensity(gaussian, row))), -entropy));
});

test('both: a change of units changes the log-density by its logarithm, and nothing else', (t) => {
  const [rows, heldOut] = [rowsOf(300, 'train'), rowsOf(40, 'held out')];
  const gaussians = [fitGaussian(rows), fitGaussian(rows.map(rescale))];
  const kernels = [fitKernelDensity(rows, heldOut), fitKernelDensity(rows.map(rescale), heldOut.map(rescale))];
  t.is(kernels[0].bandwidth, kernels[1].bandwidth);
  for (const row of heldOut) {
    const before = [gaussianLogDensity(gaussians[0], row), kernelLogDensity(kernels[0], row)];
    const after = [gaussianLogDensity(gaussians[1], rescale(row)), kernelLogDensity(kernels[1], rescale(row))];
    t.true(close(after[0] + LOG_SCALE, before[0]) && close(after[1] + LOG_SCALE, before[1]));
  }
});

test('kernel density: it is the mean of its kernels', (t) => {
  const rows = rowsOf(50, 'train');
  const density = fitKernelDensity(rows, rows.slice(0, 5));
  const { shape, bandwidth } = density;
  const factor = shape.factor.map((row) => row.map((entry) => bandwidth * entry));
  for (const row of rowsOf(20, 'held out')) {
    const kernels = rows.map((centre) => Math.exp(gaussianLogDensity({ mean: centre, factor }, row)));
    t.true(close(kernelLogDensity(density, row), Math.log(meanOf(kernels)), 1e-8));
  }
});

test('kernel density: far away it is finite, and of the bandwidths on offer none scores higher', (t) => {
  const [rows, heldOut] = [rowsOf(200, 'train'), rowsOf(50, 'held out')];
  const density = fitKernelDensity(rows, heldOut);
  t.true(Number.isFinite(kernelLogDensity(density, [1e6, -1e6, 1e6])));
  const score = (bandwidth: number): number =>
    meanOf(heldOut.map((row) => kernelLogDensity({ ...density, bandwidth }, row)));
  for (const other of [0.05, 0.1, 0.2, 0.4]) t.true(score(density.bandwidth) >= score(other));
});

test('rows without a density are refused', (t) => {
  const flat = rowsOf(50, 'flat').map(([a, b]) => [a, b, a - 2 * b]);
  t.throws(() => fitGaussian(flat), { message: /Column 2 follows/ });
});
