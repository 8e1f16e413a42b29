import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { FUSED_OPS } from '../../src/kernels/fused-ops.js';
import { disableFused, isEnabled } from '../../src/kernels/fused/register.js';
import { NODE_BACKENDS, onEachBackend } from '../support/backends.js';
import {
  derivatives,
  differences,
  errorOf,
  exactResults,
  LINALG_CASES,
  linalgInputs,
} from '../support/linalg-cases.js';
import { assertEdgeCases, edgeCases } from '../support/linalg-edges.js';

// Every test of this file runs the references.
const OPS = FUSED_OPS.filter(({ gradientOps }) => gradientOps !== undefined);
for (const op of OPS) for (const backend of NODE_BACKENDS) disableFused(op, backend);

onEachBackend(test, 'operations that are off run their reference with the same gradients', (t, backend) => {
  t.deepEqual(OPS.filter((op) => isEnabled(op, backend)), []); // prettier-ignore
  for (const of of LINALG_CASES) {
    for (const n of [1, 3, 16]) {
      const inputs = linalgInputs(of, n, 2, 'reference');
      const { values, condition } = exactResults(of, inputs);
      const y = tf.tidy(() => of.run(inputs.map((input) => tf.tensor(input.values, input.shape))).dataSync());
      const error = errorOf(y, values);
      t.true(error < 1e-5 * condition, `${of.name}, n = ${n}: ${error}`);
    }
    const [inputs, directions] = ['derivatives', 'directions'].map((seed) => linalgInputs(of, 3, 1, seed));
    tf.tidy(() => {
      const [at, along] = [inputs, directions].map((list) => list.map(({ shape, values }) => tf.tensor(values, shape)));
      const found = derivatives(of, at, along);
      const exact = differences(of, inputs.map(({ values }) => Float64Array.from(values)), 3, directions.map(({ values }) => values)); // prettier-ignore
      for (const order of ['first', 'second'] as const) {
        found[order].forEach((g, i) => {
          const error = errorOf(g.dataSync(), exact[order][i]);
          t.true(error < 1e-3, `${of.name}, ${order}, input ${i}: ${error}`);
        });
      }
    });
  }
});

onEachBackend(test, 'references of matrices that are singular or not finite', async (t) => {
  assertEdgeCases(t, await edgeCases());
});

onEachBackend(test, 'references leave no tensor behind', (t) => {
  for (const of of LINALG_CASES) {
    const inputs = linalgInputs(of, 3, 2, 'leak').map(({ shape, values }) => tf.tensor(values, shape));
    const before = tf.memory().numTensors;
    const gradients = tf.grads((...at: tf.Tensor[]) => tf.sum(of.run(at)))(inputs);
    t.is(tf.memory().numTensors, before + inputs.length, of.name);
    tf.dispose([...gradients, ...inputs]);
  }
});
