import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { onEachBackend } from '../support/backends.js';
import {
  derivatives,
  differences,
  errorOf,
  exactResults,
  LINALG_CASES,
  linalgInputs,
} from '../support/linalg-cases.js';

for (const of of LINALG_CASES) {
  onEachBackend(test, `${of.name}: random matrices of all sizes, against float64`, (t) => {
    for (const [n, count] of [
      [1, 5],
      [2, 7],
      [3, 6],
      [8, 4],
      [16, 3],
      [33, 2],
      [64, 1],
    ] as const) {
      // prettier-ignore
      tf.tidy(() => {
        const inputs = linalgInputs(of, n, count, 'accuracy');
        const y = of.run(inputs.map(({ shape, values }) => tf.tensor(values, shape)));
        const { values } = exactResults(of, inputs);
        const error = errorOf(y.dataSync(), values);
        t.true(error < 1e-6, `n = ${n}: error ${error}`);
      });
    }
  });

  onEachBackend(test, `${of.name}: first and second derivatives, against central differences in float64`, (t) => {
    for (const n of [1, 2, 4]) {
      tf.tidy(() => {
        const inputs = linalgInputs(of, n, 1, 'derivatives');
        const directions = linalgInputs(of, n, 1, 'directions');
        const [at, along] = [inputs, directions].map((list) => list.map(({ shape, values }) => tf.tensor(values, shape))); // prettier-ignore
        const found = derivatives(of, at, along);
        const exact = differences(of, inputs.map(({ values }) => Float64Array.from(values)), n, directions.map(({ values }) => values)); // prettier-ignore
        for (const order of ['first', 'second'] as const) {
          found[order].forEach((g, i) => {
            const error = errorOf(g.dataSync(), exact[order][i]);
            t.true(error < 1e-4, `n = ${n}, ${order}, input ${i}: error ${error}`);
          });
        }
      });
    }
  });
}
