import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { rationalQuadraticSpline, type RationalQuadraticSplineOptions } from '../../src/index.js';
import { splineOnCpu } from '../../src/kernels/rational-quadratic-spline/cpu.js';
import type { SplineSpec } from '../../src/kernels/rational-quadratic-spline/spec.js';
import { assertStable, roundingEffect } from '../support/backward-error.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { golden } from '../support/golden.js';

interface SplineCase {
  K: number;
  tailBound?: number;
  left?: number;
  right?: number;
  identityInit?: boolean;
  widths: number[][];
  heights: number[][];
  derivatives: number[][];
  x: number[];
  y: number[];
  logdet: number[];
}

const FAMILIES = { rqs_linear_tails: 'linear', rqs_circular: 'circular', rqs_bounded: 'bounded' } as const;

for (const [family, boundaries] of Object.entries(FAMILIES)) {
  const { cases } = golden<SplineCase>(family);

  test(`${family}: the formula in float64 agrees with the reference values to ten digits`, (t) => {
    for (const [i, c] of cases.entries()) {
      const raw = c.widths.flatMap((widths, row) => [...widths, ...c.heights[row], ...c.derivatives[row]]);
      const forward = inFloat64(c, raw, c.x, false);
      assertClose(t, forward.value, c.y, 1e-10, `case ${i} value`);
      assertClose(t, forward.logDet, c.logdet, 1e-10, `case ${i} log-det`);
      const inverse = inFloat64(c, raw, c.y, true);
      assertClose(t, inverse.value, c.x, 1e-8, `case ${i} inverse`);
      assertClose(t, inverse.logDet, c.logdet.map((l) => -l), 1e-8, `case ${i} inverse log-det`); // prettier-ignore
    }
  });

  onEachBackend(test, `${family}: float32 tensors lose little but the rounding of inputs and outputs`, (t, backend) => {
    // Loops have doubles inside. SIMD kernels have not, and the map may be steep.
    const tolerance = backend === 'wasm' ? 1e-5 : 1e-6;
    for (const [i, c] of cases.entries()) {
      tf.tidy(() => {
        const tensors = [c.widths, c.heights, c.derivatives].map((rows) => tf.tensor2d(rows)) as [tf.Tensor, tf.Tensor, tf.Tensor]; // prettier-ignore
        const raw = tf.concat(tensors, 1).dataSync();
        for (const inverse of [false, true]) {
          const input = tf.tensor1d(inverse ? c.y : c.x);
          const { tailBound, low, high, identityAtZero } = spec(c);
          const box = tailBound === undefined ? { interval: [low, high] as const } : { tailBound };
          const options: RationalQuadraticSplineOptions = { ...box, boundaries, identityAtZero, inverse };
          const actual = rationalQuadraticSpline(input, ...tensors, options);
          const exact = inFloat64(c, raw, input.dataSync(), inverse);
          const run = ([x, raw]: Float64Array[]) => Object.values(inFloat64(c, raw, x, inverse));
          const [moved, movedLogDet] =
            backend === 'wasm'
              ? roundingEffect(run, [input.dataSync(), raw])
              : [new Float64Array(input.size), new Float64Array(input.size)];
          assertStable(
            t,
            actual.value.dataSync(),
            exact.value,
            moved,
            tolerance,
            `case ${i} value, inverse ${inverse}`,
          );
          assertStable(t, actual.logDet.dataSync(), exact.logDet, movedLogDet, tolerance, `case ${i} log-det, inverse ${inverse}`); // prettier-ignore
        }
      });
    }
  });

  function spec(c: SplineCase): SplineSpec & { tailBound: number | undefined } {
    const [low, high] = c.tailBound === undefined ? [c.left!, c.right!] : [-c.tailBound, c.tailBound];
    const least = { minBinWidth: 1e-3, minBinHeight: 1e-3, minDerivative: 1e-3 };
    const identityAtZero = c.identityInit ?? false;
    return { bins: c.K, low, high, boundaries, ...least, rawScale: 1, identityAtZero, tailBound: c.tailBound };
  }

  function inFloat64(c: SplineCase, raw: ArrayLike<number>, x: ArrayLike<number>, inverse: boolean) {
    const [value, logDet] = [new Float64Array(x.length), new Float64Array(x.length)];
    const inputs = [Float64Array.from(x), Float64Array.from(raw)];
    splineOnCpu(inputs, [value, logDet], { ...spec(c), inverse }, []);
    return { value, logDet };
  }
}
