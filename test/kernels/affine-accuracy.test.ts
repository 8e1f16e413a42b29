import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { RandomStream } from '../../src/index.js';
import { affineOp } from '../../src/kernels/affine/op.js';
import type { FusedOp, FusedSample } from '../../src/kernels/fused/op.js';
import { sumLogDetsOp } from '../../src/kernels/sum-log-dets/op.js';
import type { Shape } from '../../src/shapes.js';
import { onEachBackend } from '../support/backends.js';
import { inFloat64, onBackend, worst } from '../support/fused.js';

const stream = new RandomStream('affine and sums');

function random(shape: Shape, size: number): FusedSample<object>['inputs'][number] {
  const count = shape.reduce((product, length) => product * length, 1);
  return { shape, values: [...Float32Array.from(stream.uniform(count, -size, size))] };
}

async function largestError(op: FusedOp<object>, sample: FusedSample<object>): Promise<number> {
  const [found, exact] = [await onBackend(op, sample), inFloat64(op, sample)];
  const errors = [
    ...found.outputs.map((y, i) => worst(y, exact.outputs[i])),
    ...found.gradients.map((g, i) => worst(g, exact.gradients[i])),
  ];
  return Math.max(...errors);
}

onEachBackend(test, 'affine maps of any number of rows agree with float64', async (t) => {
  for (const scale of ['exp', 'sigmoid'] as const) {
    for (const inverse of [false, true]) {
      for (const rows of [0, 1, 2, 3, 4, 5, 7, 513]) {
        const sample = {
          attributes: { scale, bound: 3, least: 1e-3, inverse },
          inputs: [random([rows], 3), random([rows, 2], 2)],
        };
        const error = await largestError(affineOp, sample);
        t.true(error < 1e-5, `${scale}, inverse ${inverse}, ${rows} rows: ${error}`);
      }
    }
  }
});

onEachBackend(test, 'without a bound the raw number is the log-scale', async (t) => {
  for (const inverse of [false, true]) {
    const attributes = { scale: 'exp', bound: Infinity, least: 1e-3, inverse } as const;
    const raw = [-12, -3, 0, 1e-3, 2, 11].flatMap((u) => [0.5, u]);
    const sample = { attributes, inputs: [random([6], 3), { shape: [6, 2], values: raw }] };
    const [, logDet] = (await onBackend(affineOp, sample)).outputs;
    t.deepEqual(Array.from(logDet), [-12, -3, 0, 1e-3, 2, 11].map((u) => Math.fround(inverse ? -u : u)).map((u) => u || logDet[2])); // prettier-ignore
    t.true((await largestError(affineOp, sample)) < 1e-5);
  }
});

onEachBackend(test, 'raw scales of any size give finite numbers, close to float64', async (t) => {
  for (const scale of ['exp', 'sigmoid'] as const) {
    for (const inverse of [false, true]) {
      const raw = [-1e30, -1e4, -100, -50, -20, 20, 50, 100, 1e4, 1e30].flatMap((u) => [0.5, u]);
      const inputs = [random([10], 3), { shape: [10, 2], values: raw }];
      const sample = { attributes: { scale, bound: 5, least: 1e-3, inverse }, inputs };
      const found = await onBackend(affineOp, sample);
      t.true([...found.outputs, ...found.gradients].every((values) => Array.from(values).every(Number.isFinite)));
      const error = await largestError(affineOp, sample);
      t.true(error < 2e-5, `${scale}, inverse ${inverse}: ${error}`);
    }
  }
});

onEachBackend(test, 'NaN in, NaN out, in its own row alone', (t) => {
  tf.tidy(() => {
    const x = tf.tensor1d([1, NaN, 2, 3, 4, 5]);
    const raw = tf.tensor2d([0, 0, 0, 0, 0, NaN, NaN, 0, 0, 0, 0, 0], [6, 2]);
    for (const scale of ['exp', 'sigmoid'] as const) {
      const attributes = { scale, bound: 5, least: 1e-3, inverse: false };
      const [y, logDet] = tf.engine().runKernel<tf.Tensor[]>(affineOp.name, { x, raw }, attributes);
      t.deepEqual([...y.dataSync()].map(Number.isNaN), [false, true, true, true, false, false]);
      t.deepEqual([...logDet.dataSync()].map(Number.isNaN), [false, false, true, false, false, false]);
    }
  });
});

onEachBackend(test, 'sums over coordinates of any shape agree with float64', async (t) => {
  for (const batch of [0, 1, 2, 3, 5, 513]) {
    for (const dims of [1, 2, 3, 4, 7, 8, 43]) {
      const error = await largestError(sumLogDetsOp, { attributes: {}, inputs: [random([batch, dims], 2)] });
      t.true(error < 2e-6, `${batch} x ${dims}: ${error}`);
    }
  }
});
