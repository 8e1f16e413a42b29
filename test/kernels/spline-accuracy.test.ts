import test from 'ava';
import { RandomStream } from '../../src/index.js';
import { splineGradientOnCpu, splineOnCpu } from '../../src/kernels/rational-quadratic-spline/cpu.js';
import {
  splineParameterCount,
  type SplineAttributes,
  type SplineBoundaries,
} from '../../src/kernels/rational-quadratic-spline/spec.js';
import { splineGradientOnWasm, splineOnWasm } from '../../src/kernels/rational-quadratic-spline/wasm.js';
import { assertStable, roundingEffect } from '../support/backward-error.js';
import { simdBuilds } from '../support/simd.js';

const LEAST = { minBinWidth: 1e-3, minBinHeight: 1e-3, minDerivative: 1e-3 };

function attributes(boundaries: SplineBoundaries, bins: number, inverse: boolean): SplineAttributes {
  const identityAtZero = bins % 2 === 0;
  return { bins, low: -3, high: 3, boundaries, ...LEAST, rawScale: 1, identityAtZero, inverse };
}

/** Random raw parameters up to `size`, points inside, outside and at the ends of the box, and upstream gradients. */
function problem(spec: SplineAttributes, rows: number, size: number): Float32Array[] {
  const stream = new RandomStream(`${spec.boundaries} ${spec.bins} ${rows} ${size}`);
  const x = Float32Array.from(stream.uniform(rows, -3.5, 3.5));
  x.set([-3, 3, -4, 4].slice(0, rows));
  const raw = stream.uniform(rows * splineParameterCount(spec), -size, size);
  return [x, raw, stream.normal(rows), stream.normal(rows)].map((values) => Float32Array.from(values));
}

/** Value, log-det, and both gradients, by the loops in float64. */
function exactly(spec: SplineAttributes, [x, raw, dValue, dLogDet]: Float64Array[]): Float64Array[] {
  const result = [x, x, x, raw].map(({ length }) => new Float64Array(length));
  splineOnCpu([x, raw], result.slice(0, 2), spec, []);
  splineGradientOnCpu([x, raw, dValue, dLogDet], result.slice(2), spec, []);
  return result;
}

for (const { name, functions, put, take } of simdBuilds()) {
  const onWasm = (spec: SplineAttributes, inputs: Float32Array[]): Float32Array[] => {
    const [x, raw] = inputs;
    const inputShapes = [[x.length], [x.length, splineParameterCount(spec)], [x.length], [x.length]];
    const scratch = (floats: number) => put(new Float32Array(floats));
    const [at, outputs] = [inputs.map(put), [x, x, x, raw].map(({ length }) => scratch(length))];
    const calls = [
      ...splineOnWasm({ inputs: at, inputShapes, outputs: outputs.slice(0, 2), scratch }, spec),
      ...splineGradientOnWasm({ inputs: at, inputShapes, outputs: outputs.slice(2), scratch }, spec),
    ];
    for (const [called, ...args] of calls) functions[called](...args);
    return [x, x, x, raw].map(({ length }, i) => take(outputs[i], length));
  };

  for (const boundaries of ['linear', 'bounded', 'circular'] as const) {
    for (const inverse of [false, true]) {
      const title = `${boundaries}, inverse ${inverse} [${name}]`;

      test(`as exact as float32 inputs allow: ${title}`, (t) => {
        for (const bins of [2, 3, 5, 8, 16]) {
          for (const size of [1, 5, 50]) {
            const spec = attributes(boundaries, bins, inverse);
            const inputs = problem(spec, 61, size);
            const run = (moved: Float64Array[]) => exactly(spec, moved);
            const exact = run(inputs.map((values) => Float64Array.from(values)));
            const effect = roundingEffect(run, inputs);
            onWasm(spec, inputs).forEach((found, k) => {
              const what = ['value', 'log-det', 'dx', 'draw'][k];
              assertStable(t, found, exact[k], effect[k], k < 2 ? 1e-5 : 1e-4, `${bins} bins, raw ${size}, ${what}`);
            });
          }
        }
      });

      test(`rows do not depend on how many there are: ${title}`, (t) => {
        for (const bins of [1, 2, 8]) {
          const spec = attributes(boundaries, bins, inverse);
          const count = splineParameterCount(spec);
          const inputs = problem(spec, 513, 2);
          const all = onWasm(spec, inputs);
          for (const rows of [0, 1, 2, 3, 4, 5, 7]) {
            const first = (values: Float32Array, k: number) => values.subarray(0, k === 1 ? rows * count : rows);
            const some = onWasm(spec, inputs.map(first));
            [rows, rows, rows, rows * count].forEach((length, k) => t.deepEqual(some[k], all[k].slice(0, length)));
          }
        }
      });

      test(`points on knots: ${title}`, (t) => {
        // Equal bins, so that knots are float32 numbers; slopes vary.
        const spec = attributes(boundaries, 4, inverse);
        const count = splineParameterCount(spec);
        const knots = [-3, -1.5, 0, 1.5, 3];
        const raw = knots.flatMap(() => Array.from({ length: count }, (_, i) => (i < 8 ? 0.5 : Math.sin(i))));
        const inputs = [knots, raw, knots.map(() => 1), knots.map(() => 0)].map((values) => Float32Array.from(values));
        const found = onWasm(spec, inputs);
        const exact = exactly(spec, inputs.map((values) => Float64Array.from(values))); // prettier-ignore
        found.slice(0, 3).forEach((values, k) => {
          assertStable(t, values, exact[k], new Float64Array(values.length), 1e-5, ['value', 'log-det', 'dx'][k]);
        });
        found[0].forEach((value, i) => t.true(Math.abs(value - knots[i]) <= 1e-6));
      });

      test(`NaN in, NaN out, in its own row alone: ${title}`, (t) => {
        const spec = attributes(boundaries, 5, inverse);
        const count = splineParameterCount(spec);
        const inputs = problem(spec, 6, 1);
        const clean = onWasm(spec, inputs);
        inputs[0][1] = NaN;
        inputs[1][4 * count] = NaN;
        inputs[0][4] = 0.5;
        const found = onWasm(spec, inputs);
        for (const k of [0, 1]) {
          t.deepEqual([...found[k]].map(Number.isNaN), [false, true, false, false, true, false]);
          for (const row of [0, 2, 3, 5]) t.is(found[k][row], clean[k][row]);
        }
        t.true(Number.isNaN(found[2][4]) && found[3].subarray(4 * count, 4 * count + 10).every(Number.isNaN));
        t.true(found[3].subarray(2 * count, 4 * count).every(Number.isFinite));
      });
    }
  }
}
