import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { FUSED_OPS } from '../../src/kernels/fused-ops.js';
import { inFloat64, worst } from '../../src/kernels/fused/float64.js';
import type { FusedOp } from '../../src/kernels/fused/op.js';
import { isEnabled } from '../../src/kernels/fused/register.js';
import { selfTest } from '../../src/kernels/fused/self-test.js';
import { onEachBackend } from '../support/backends.js';
import { brokenOp } from '../support/broken-op.js';
import { onBackend } from '../support/fused.js';

async function warningsOf(ops: readonly FusedOp<object>[]): Promise<string[]> {
  const warnings: string[] = [];
  await selfTest(ops, (warning) => warnings.push(warning));
  return warnings;
}

onEachBackend(test, 'a healthy backend keeps every kernel, and no tensor is left behind', async (t, backend) => {
  const before = tf.memory().numTensors;
  t.deepEqual(await warningsOf(FUSED_OPS), []);
  t.true(FUSED_OPS.length > 0 && FUSED_OPS.every((op) => isEnabled(op, backend)));
  t.is(tf.memory().numTensors, before);
});

onEachBackend(
  test,
  'kernels that are wrong or throw give way to their references, with one warning',
  async (t, backend) => {
    const broken = (['wrong', 'throw'] as const).map((failure) => brokenOp(backend, failure));
    const before = tf.memory().numTensors;
    const warnings = await warningsOf([...FUSED_OPS, ...broken]);
    t.is(tf.memory().numTensors, before);
    t.is(warnings.length, 1);
    for (const { name } of broken) t.true(warnings[0].includes(name));
    t.true(warnings[0].includes(`"${backend}"`) && warnings[0].includes(tf.version_core));
    t.false(warnings[0].includes(FUSED_OPS[0].name));
    for (const op of broken) {
      t.false(isEnabled(op, backend));
      const { outputs } = await onBackend(op, op.samples[0]);
      t.true(worst(outputs[0], inFloat64(op, op.samples[0]).outputs[0]) < 1e-6);
    }
    t.deepEqual(await warningsOf([...FUSED_OPS, ...broken]), [], 'A second test has nothing new to tell.');
  },
);

onEachBackend(test, 'a kernel that failed on one backend still serves the others', async (t, backend) => {
  const op = brokenOp(backend);
  t.true(isEnabled(op, backend === 'cpu' ? 'wasm' : 'cpu'));
});
