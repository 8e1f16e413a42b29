import test from 'ava';
import {
  bulkEffectiveSampleSize,
  FlowConfigError,
  FlowDataError,
  FlowShapeError,
  integratedAutocorrelationTime,
  RandomStream,
  splitRHat,
  tailEffectiveSampleSize,
} from '../../src/index.js';
import { autocovariance } from '../../src/estimators/autocorrelation.js';
import { normalQuantile } from '../../src/numerics/normal-quantile.js';

/** `x' = a x + √(1 - a²) z`: correlations `aᵗ`, `τ = ½ (1 + a) / (1 - a)`. */
function autoregressive(n: number, a: number, seed: string): Float64Array {
  const z = new RandomStream(seed).normal(n);
  let x = z[0];
  return Float64Array.from(z, (noise, i) => (x = i === 0 ? x : a * x + Math.sqrt(1 - a * a) * noise));
}

test('autocovariances by Fourier transforms are the sums that define them', (t) => {
  const series = autoregressive(37, 0.5, 'series');
  autocovariance(series).forEach((value, lag) => {
    let sum = 0;
    for (let i = 0; i + lag < 37; i++) sum += (series[i] * series[i + lag]) / 37;
    t.true(Math.abs(value - sum) < 1e-12);
  });
});

test('autocorrelation times of autoregressive chains', (t) => {
  for (const a of [0, 0.5, 0.9]) {
    const exact = (0.5 * (1 + a)) / (1 - a);
    const found = integratedAutocorrelationTime(autoregressive(40_000, a, `a ${a}`));
    // Sokal: relative standard error √(2 (2W + 1) / N), W of about five times.
    const error = Math.sqrt((2 * (10 * exact + 1)) / 40_000);
    t.true(Math.abs(found / exact - 1) < 4 * error, `${found} for ${exact}`);
    const chains = Array.from({ length: 8 }, (_, i) => autoregressive(5000, a, `${a} ${i}`));
    t.true(Math.abs(integratedAutocorrelationTime(chains) / exact - 1) < 4 * error);
  }
  t.is(integratedAutocorrelationTime([2, 2, 2, 2, 2]), Infinity);
});

test('chains that agree have R-hat one, and the effective size of their correlation', (t) => {
  for (const a of [0, 0.7]) {
    const chains = Array.from({ length: 4 }, (_, i) => autoregressive(5000, a, `agree ${a} ${i}`));
    t.true(Math.abs(splitRHat(chains) - 1) < 0.01);
    const exact = (20_000 * (1 - a)) / (1 + a);
    t.true(Math.abs(bulkEffectiveSampleSize(chains) / exact - 1) < 0.2, `${bulkEffectiveSampleSize(chains)} ${exact}`);
    t.true(tailEffectiveSampleSize(chains) > 0.5 * exact);
  }
});

test('R-hat sees chains that differ in place, in width, or drift', (t) => {
  const base = Array.from({ length: 4 }, (_, i) => autoregressive(1000, 0, `differ ${i}`));
  const moved = base.map((chain, i) => (i === 0 ? chain.map((x) => x + 1) : chain));
  const wide = base.map((chain, i) => (i === 0 ? chain.map((x) => 4 * x) : chain));
  const drifting = base.map((chain) => chain.map((x, i) => x + i / 500));
  for (const chains of [moved, wide, drifting]) t.true(splitRHat(chains) > 1.05, String(splitRHat(chains)));
  t.true(bulkEffectiveSampleSize(moved) < 400);
});

test('ranks make R-hat blind to monotone transforms, so infinite variances do no harm', (t) => {
  const chains = Array.from({ length: 4 }, (_, i) => autoregressive(1000, 0.3, `monotone ${i}`));
  const cubes = chains.map((chain) => chain.map((x) => Math.exp(3 * x)));
  t.is(bulkEffectiveSampleSize(cubes), bulkEffectiveSampleSize(chains));
});

test('the normal quantile inverts known probabilities', (t) => {
  for (const [p, z] of [
    [0.5, 0],
    [0.975, 1.959963984540054],
    [0.84134474606854293, 1],
    [1.3498980316300933e-3, -3],
    [9.865876450376946e-10, -6],
    [0.02, -2.053748910631823],
  ]) t.true(Math.abs(normalQuantile(p) - z) < 1e-9, `${p}: ${normalQuantile(p)}`); // prettier-ignore
});

test('what cannot be used is refused', (t) => {
  t.throws(() => splitRHat([[1, 2, 3, 4], [1, 2, 3]]), { instanceOf: FlowShapeError }); // prettier-ignore
  t.throws(() => splitRHat([]), { instanceOf: FlowShapeError });
  const nan = t.throws(() => splitRHat([[1, 2, NaN, 4]]), { instanceOf: FlowDataError });
  t.deepEqual(nan.rows, [2]);
  t.throws(() => bulkEffectiveSampleSize([[1, 2]]), { instanceOf: FlowDataError });
  t.throws(() => tailEffectiveSampleSize([[1, 2, Infinity, 3]]), { instanceOf: FlowDataError });
  t.throws(() => integratedAutocorrelationTime([]), { instanceOf: FlowDataError });
  t.throws(() => integratedAutocorrelationTime([1, 2, 3, 4], { window: 0 }), { instanceOf: FlowConfigError });
});
