import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { log1p } from '../../src/numerics/log1p.js';
import { logBesselI0e } from '../../src/numerics/log-bessel-i0e.js';
import { logGammaHalfStep } from '../../src/numerics/log-gamma-half-step.js';
import { logSumExp } from '../../src/numerics/log-sum-exp.js';
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

onEachBackend(test, 'logSumExp is stable, and zero where there is nothing to sum', (t) => {
  tf.tidy(() => {
    const rows = [[0, 0], [1000, 1000], [-1000, -1001], [-Infinity, 3], [-Infinity, -Infinity], [1e30, -1e30]]; // prettier-ignore
    const x = tf.tensor2d(rows);
    const expected = [Math.LN2, 1000 + Math.LN2, -1000 + Math.log1p(Math.exp(-1)), 3, -Infinity, 1e30];
    assertClose(t, logSumExp(x), expected, 1e-6);
    const share = 1 / (1 + Math.exp(-1));
    const slopes = tf.grad((v) => tf.sum(tf.slice(logSumExp(v), 0, 5)))(x);
    assertClose(t, slopes, [0.5, 0.5, 0.5, 0.5, share, 1 - share, 0, 1, 0, 0, 0, 0], 1e-6);
    t.deepEqual(logSumExp(tf.zeros([2, 3, 4])).shape, [2, 3]);
  });
});
