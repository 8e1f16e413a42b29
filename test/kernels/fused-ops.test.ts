import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { FUSED_OPS } from '../../src/kernels/fused-ops.js';
import { inFloat64, worst } from '../../src/kernels/fused/float64.js';
import { isEnabled } from '../../src/kernels/fused/register.js';
import { onEachBackend } from '../support/backends.js';
import { onBackend } from '../support/fused.js';

for (const op of FUSED_OPS) {
  onEachBackend(
    test,
    `${op.name}: kernel and reference against float64, and no tensor left behind`,
    async (t, backend) => {
      t.true(isEnabled(op, backend));
      for (const sample of op.samples) {
        const exact = inFloat64(op, sample);
        const before = tf.memory().numTensors;
        for (const reference of [false, true]) {
          const found = await onBackend(op, sample, { reference });
          const what = `${reference ? 'reference' : 'kernel'} ${JSON.stringify(sample.attributes)}`;
          found.outputs.forEach((y, i) => t.true(worst(y, exact.outputs[i]) < 1e-5, `${what} ${op.outputs[i]} ${worst(y, exact.outputs[i])}`)); // prettier-ignore
          found.gradients.forEach((g, i) => t.true(worst(g, exact.gradients[i]) < 1e-4, `${what} ${op.gradient!.outputs[i]} ${worst(g, exact.gradients[i])}`)); // prettier-ignore
        }
        t.is(tf.memory().numTensors, before);
      }
    },
  );
}

test('operations and their gradients have names of their own', (t) => {
  const names = FUSED_OPS.flatMap((op) => [op.name, ...(op.gradient ? [op.gradient.name] : [])]);
  t.is(new Set(names).size, names.length);
  t.true(names.every((name) => name.startsWith('TfjsFlows')));
});
