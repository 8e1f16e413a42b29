import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { log1p } from '../../src/numerics/log1p.js';
import { logBesselI0e } from '../../src/numerics/log-bessel-i0e.js';
import { logGammaHalfStep } from '../../src/numerics/log-gamma-half-step.js';
import { logNormalCdf, logNormalHazard, normalLowerQuantile } from '../../src/numerics/normal-cdf.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

const valuesOf = (f: (x: Tensor) => Tensor, x: readonly number[]) => tf.tidy(() => f(tf.tensor1d([...x])).dataSync());
const slopesOf = (f: (x: Tensor) => Tensor, x: readonly number[]) => valuesOf(tf.grad((v) => tf.sum(f(v))), x); // prettier-ignore

/** Relative errors, for functions whose small values matter. */
const ratios = (actual: ArrayLike<number>, expected: readonly number[]) => expected.map((e, i) => actual[i] / e);

onEachBackend(test, 'log1p keeps all digits of small arguments', (t) => {
  const x = [1e-30, 1e-12, 1e-8, 3e-7, 1.7e-5, 1e-3, 0.1, 0.5, 0.999, 1, 2, 1e4, 1e20, 1e38].map(Math.fround);
  const ones = x.map(() => 1);
  assertClose(t, ratios(valuesOf(log1p, x), x.map(Math.log1p)), ones, 3e-7); // prettier-ignore
  assertClose(t, ratios(slopesOf(log1p, x), x.map((v) => 1 / (1 + v))), ones, 3e-7); // prettier-ignore
  const curvature = slopesOf(tf.grad((v) => tf.sum(log1p(v))), [0, 0.5, 3]); // prettier-ignore
  assertClose(t, curvature, [-1, -1 / 2.25, -1 / 16], 1e-6);
  t.deepEqual([...valuesOf(log1p, [0, Infinity])], [0, Infinity]);
});

onEachBackend(test, 'two half steps of log gamma make a logarithm', (t) => {
  const z = [1e-4, 0.1, 0.5, 1, 2.25, 7, 100, 1e4, 1e7];
  const two = (x: Tensor) => tf.add(logGammaHalfStep(x), logGammaHalfStep(tf.add(x, 0.5)));
  assertClose(t, valuesOf(two, z), z.map(Math.log), 5e-7);
  assertClose(t, ratios(slopesOf(two, z), z.map((v) => 1 / v)), z.map(() => 1), 2e-6); // prettier-ignore
  // Γ(1/2) = √π, so that the steps from 1/2 and 1 are known.
  assertClose(t, valuesOf(logGammaHalfStep, [0.5, 1]), [-0.5 * Math.log(Math.PI), 0.5 * Math.log(Math.PI) - Math.LN2], 3e-7); // prettier-ignore
});

onEachBackend(test, 'the scaled Bessel function agrees with its integral', (t) => {
  const x = [1e-6, 0.1, 1, 3, 3.7499, 3.7501, 5, 20, 100, 1e3, 1e4];
  /** `π⁻¹ ∫ g(θ) exp(x (cos θ - 1)) dθ` over (0, π); the midpoint rule converges geometrically. */
  const integral = (k: number, g: (cosine: number) => number) => {
    const n = 4000;
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const cosine = Math.cos((Math.PI * (i + 0.5)) / n);
      sum += g(cosine) * Math.exp(k * (cosine - 1));
    }
    return sum / n;
  };
  const values = x.map((k) => Math.log(integral(k, () => 1)));
  const slopes = x.map((k) => integral(k, (cosine) => cosine - 1) / integral(k, () => 1));
  assertClose(t, valuesOf(logBesselI0e, x), values, 5e-7);
  assertClose(t, slopesOf(logBesselI0e, x), slopes, 5e-6);
  const huge = valuesOf(logBesselI0e, [1e8, 1e30]);
  assertClose(t, huge, [1e8, 1e30].map((k) => -0.5 * Math.log(2 * Math.PI * k)), 1e-6); // prettier-ignore
});

/** `log Φ` and `log (φ / Φ)`, to twelve digits. */
const NORMAL_TABLE: readonly (readonly [x: number, logCdf: number, logHazard: number])[] = [
  [-1e4, -50000010.1293, 9.21034038198], [-100, -5005.52420869, 4.605270161], [-40, -804.608442014, 3.68950348055],
  [-10, -53.2312851505, 2.31234661731], [-5, -15.064998394, 1.64605986078], [-2, -3.78318433368, 0.864245800477],
  [-1, -1.84102164501, 0.422083111805], [-0.3, -0.962102818169, -0.00183571503582], [0, -Math.LN2, -0.225791352645],
  [0.3, -0.481410161588, -0.482528371616], [1, -0.172753779023, -1.24618475418], [2, -0.023012909329, -2.89592562388],
  [5, -2.86651612964e-7, -13.4189382466], [8, -6.22096057427e-16, -32.9189385332],
]; // prettier-ignore

onEachBackend(
  test,
  'the logarithm of the normal distribution function and its derivatives, far out on both sides',
  (t) => {
    const [x, logCdf, logHazard] = [0, 1, 2].map((column) => NORMAL_TABLE.map((row) => row[column]));
    assertClose(t, valuesOf(logNormalCdf, x), logCdf, 5e-7);
    assertClose(t, valuesOf(logNormalHazard, x), logHazard, 5e-7);
    assertClose(t, slopesOf(logNormalCdf, x), logHazard.map(Math.exp), 1e-6); // prettier-ignore
    // (log Φ)″ = -λ (x + λ) tends to -1 on the left, where both factors are large and cancel.
    const curvature = slopesOf(tf.grad((v) => tf.sum(logNormalCdf(v))), x); // prettier-ignore
    const expected = x.map((v, i) =>
      v < -30 ? -1 + 1 / v ** 2 : -Math.exp(logHazard[i]) * (v + Math.exp(logHazard[i])),
    );
    assertClose(t, curvature, expected, 1e-4);
  },
);

onEachBackend(test, 'normal quantiles of probabilities by their logarithms', (t) => {
  const logs = [-1e8, -1e4, -100, -10, -3, -1, -0.6931];
  const expected = [-14142.134883, -141.379839873, -13.888476033, -3.91394624053, -1.64692172053, -0.337474963764, 5.91334577843e-5]; // prettier-ignore
  assertClose(t, valuesOf(normalLowerQuantile, logs), expected, 5e-7);
  assertClose(t, valuesOf((l) => logNormalCdf(normalLowerQuantile(l)), logs), logs, 5e-7); // prettier-ignore
  assertClose(t, slopesOf((l) => logNormalCdf(normalLowerQuantile(l)), logs), logs.map(() => 1), 1e-6); // prettier-ignore
  const bend = slopesOf(tf.grad((l) => tf.sum(logNormalCdf(normalLowerQuantile(l)))), logs.slice(2)); // prettier-ignore
  assertClose(t, bend, logs.slice(2).map(() => 0), 1e-5); // prettier-ignore
});
