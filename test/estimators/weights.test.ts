import test from 'ava';
import {
  effectiveSampleSize,
  FlowConfigError,
  FlowDataError,
  FlowShapeError,
  forwardEffectiveSampleSize,
  logMeanWeight,
  normalizedWeights,
  paretoSmoothedLogWeights,
  RandomStream,
  truncatedLogWeights,
  weightedMean,
  weightedHistogram,
  freeEnergyProfile,
  basinFreeEnergy,
} from '../../src/index.js';
import { fitGeneralizedPareto } from '../../src/estimators/pareto-smoothing.js';

const near = (actual: number, expected: number, tolerance: number) => Math.abs(actual - expected) <= tolerance;

test('identical weights are worth their number, a dominating one is worth one', (t) => {
  for (const kind of ['kish', 'perplexity'] as const) {
    t.true(near(effectiveSampleSize(Array(50).fill(-1234.5), { kind }), 50, 1e-9));
    t.true(near(effectiveSampleSize([0, ...Array<number>(99).fill(-800)], { kind }), 1, 1e-12));
    t.true(near(effectiveSampleSize([3, 3, -Infinity, -Infinity], { kind }), 2, 1e-12));
  }
  // Weights 3 : 1. Kish 16/10; entropy of (3/4, 1/4).
  const weights = [Math.log(3), 0];
  t.true(near(effectiveSampleSize(weights), 1.6, 1e-12));
  t.true(near(effectiveSampleSize(weights, { kind: 'perplexity' }), 4 / 3 ** 0.75, 1e-12));
});

test('weights far beyond the range of doubles are handled by their logarithms', (t) => {
  const weights = [2000, 2000 + Math.log(3), -2000];
  t.deepEqual(
    [...normalizedWeights(weights)].map((w) => Math.round(w * 1e9) / 1e9),
    [0.25, 0.75, 0],
  );
  t.true(near(logMeanWeight(weights), 2000 + Math.log(4 / 3), 1e-9));
});

test('the forward effective sample size sees a mode that the other misses', (t) => {
  const draws = new RandomStream('forward').normal(20_000);
  // p = N(0, 1), q = N(0, 1.5): Z / E_p[p/q] is 1 / (1.5 E_p[exp(-x²/2 (1 - 1/2.25))]) = √(1 + 5/9) / 1.5.
  const weights = Array.from(draws, (x) => -0.5 * x * x * (1 - 1 / 2.25) + 7);
  t.true(near(forwardEffectiveSampleSize(weights), Math.sqrt(1 + 5 / 9) / 1.5, 0.02));
  // Half of the target's draws lie where the model has e^-20 of its density.
  t.true(forwardEffectiveSampleSize([0, 0, 0, 20, 20, 20]) < 1e-7);
  t.true(near(forwardEffectiveSampleSize([5, 5, 5]), 1, 1e-12));
});

test('truncation cuts at the mean times the root of the number, or at a fraction', (t) => {
  const weights = [...Array<number>(99).fill(0), Math.log(1000)];
  const cut = truncatedLogWeights(weights);
  t.true(near(Math.exp(cut[99]), 10 * (1099 / 100), 1e-9));
  t.is(cut[0], 0);
  t.deepEqual([...truncatedLogWeights([0, 1, 2, 3], { at: { fraction: 0.5 } })], [0, 1, 1, 1]);
});

test('the Pareto fit finds the shape of its own draws', (t) => {
  for (const [shape, scale] of [
    [0.2, 1],
    [0.5, 3],
    [0.9, 0.1],
  ]) {
    const stream = new RandomStream(`pareto ${shape}`);
    const draws = Array.from({ length: 4000 }, () => (scale * Math.expm1(-shape * Math.log1p(-stream.next()))) / shape);
    const fit = fitGeneralizedPareto(draws.sort((a, b) => a - b));
    // Its asymptotic standard error is (1 + k) / √n: four of them, and one false alarm in 16,000.
    t.true(near(fit.shape, shape, (4 * (1 + shape)) / Math.sqrt(4000)), `${fit.shape} for ${shape}`);
    t.true(near(fit.scale / scale, 1, 0.15), `${fit.scale} for ${scale}`);
  }
});

test('the shape of weights is one over the number of their moments', (t) => {
  // x ~ Exp(rate 1), w = exp(k x): P(w > s) = s^(-1/k).
  for (const shape of [0.3, 0.6, 1.2]) {
    const stream = new RandomStream(`shape ${shape}`);
    const weights = Array.from({ length: 20_000 }, () => -shape * Math.log(1 - stream.next()));
    const smoothed = paretoSmoothedLogWeights(weights);
    t.is(smoothed.tail, Math.ceil(3 * Math.sqrt(20_000)));
    t.true(near(smoothed.shape, shape, (4 * (1 + shape)) / Math.sqrt(smoothed.tail)), `${smoothed.shape} for ${shape}`);
    const total = smoothed.logWeights.reduce((sum, w) => sum + Math.exp(w), 0);
    t.true(near(total, 1, 1e-12));
    const order = weights.map((_, i) => i).sort((a, b) => weights[a] - weights[b]);
    t.true(order.every((row, i) => i === 0 || smoothed.logWeights[row] >= smoothed.logWeights[order[i - 1]]));
  }
});

test('weights without a tail are left alone', (t) => {
  const equal = paretoSmoothedLogWeights(Array(100).fill(3));
  t.is(equal.shape, Infinity);
  t.true(equal.logWeights.every((w) => near(w, -Math.log(100), 1e-12)));
  t.is(paretoSmoothedLogWeights([1, 2, 3]).shape, Infinity);
});

test('self-normalised means have the error that they state', (t) => {
  // Draws of N(0, 1.5²) as draws of N(0, 1): 200 repetitions of a mean of squares.
  const scores = Array.from({ length: 200 }, (_, i) => {
    const draws = new RandomStream(`mean ${i}`).normal(400).map((z) => 1.5 * z);
    const found = weightedMean(draws.map((x) => x * x), draws.map((x) => -0.5 * x * x * (1 - 1 / 2.25))); // prettier-ignore
    return (found.value - 1) / found.standardError;
  });
  const mean = scores.reduce((a, b) => a + b) / 200;
  const deviation = Math.sqrt(scores.reduce((a, b) => a + (b - mean) ** 2, 0) / 199);
  t.true(Math.abs(mean) < 0.35, String(mean));
  t.true(near(deviation, 1, 0.2), String(deviation));
});

test('weighted histograms integrate to one, and profiles are minus their logarithm', (t) => {
  const draws = new RandomStream('histogram').normal(50_000);
  // As draws of N(1, 1).
  const logWeights = draws.map((x) => x);
  const options = { logWeights, bins: 20, range: [-1, 3] as const };
  const { density, edges, centers, standardErrors, outside } = weightedHistogram(draws, options);
  t.true(near(density.reduce((sum, p) => sum + p * 0.2, 0), 1, 1e-12)); // prettier-ignore
  t.deepEqual([edges[0], edges.length, centers.length], [-1, 21, 20]);
  t.true(near(outside, 2 * 0.0227501, 0.01));
  const inside = 1 - 2 * 0.0227501;
  const scores = density.map((p, i) => {
    const exact = Math.exp(-0.5 * (centers[i] - 1) ** 2) / Math.sqrt(2 * Math.PI) / inside;
    return (p - exact * (1 + ((centers[i] - 1) ** 2 - 1) * (0.2 ** 2 / 24))) / standardErrors[i];
  });
  t.true(Math.max(...scores.map(Math.abs)) < 4, String(scores));
  const { freeEnergies } = freeEnergyProfile(draws, options);
  t.is(Math.min(...freeEnergies), 0);
  t.true(near(freeEnergies[0] - freeEnergies[10], 0.5 * (1.9 ** 2 - 0.1 ** 2), 0.1));
  const basins = draws.map((x) => (x > 1 ? 1 : 0));
  const found = basinFreeEnergy(basins, logWeights, { seed: 'basins' });
  t.true(Math.abs(found.value) < 4 * found.standardError && found.standardError < 0.03, JSON.stringify(found));
});

test('what cannot be used is refused, naming rows', (t) => {
  const nan = t.throws(() => effectiveSampleSize([0, NaN, 1, Infinity]), { instanceOf: FlowDataError });
  t.deepEqual(nan.rows, [1, 3]);
  t.regex(nan.message, /NaN at row 1; Infinity at row 3/);
  const zero = t.throws(() => normalizedWeights([-Infinity, -Infinity]), { instanceOf: FlowDataError });
  t.deepEqual(zero.rows, [0, 1]);
  for (const call of [
    () => logMeanWeight([]),
    () => paretoSmoothedLogWeights([NaN]),
    () => truncatedLogWeights([NaN]),
    () => weightedMean([1, NaN], [0, 0]),
    () => weightedMean([1, 2], [0, NaN]),
    () => forwardEffectiveSampleSize([0, -Infinity]),
    () => weightedHistogram([1, 2], { range: [5, 6] }),
    () => basinFreeEnergy([0, 0]),
  ]) t.throws(call, { instanceOf: FlowDataError }); // prettier-ignore
  for (const call of [
    () => effectiveSampleSize([0], { kind: 'other' as 'kish' }),
    () => truncatedLogWeights([0], { at: { fraction: 2 } }),
    () => paretoSmoothedLogWeights([0], { relativeEfficiency: 0 }),
    () => weightedHistogram([1, 2], { bins: 0 }),
    () => weightedHistogram([1, 1]),
  ]) t.throws(call, { instanceOf: FlowConfigError }); // prettier-ignore
  t.throws(() => weightedMean([1, 2], [0]), { instanceOf: FlowShapeError });
});
