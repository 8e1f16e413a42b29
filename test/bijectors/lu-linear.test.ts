import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { LULinear, RandomStream } from '../../src/index.js';
import { assignParameters } from '../../src/module.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { golden } from '../support/golden.js';
import { perturb } from '../support/perturb.js';

interface LUCase {
  D: number;
  lower: number[];
  upper: number[];
  unconstrainedDiag: number[];
  bias: number[];
  weight: number[][];
  x: number[][];
  y: number[][];
  logdet: number;
}

const { cases } = golden<LUCase>('lu_linear');

/** A layer with the parameters of a reference case. */
function layerOf(c: LUCase): LULinear {
  const layer = new LULinear({ dims: c.D });
  const entries = { lower: c.lower, upper: c.upper, diagonal: c.unconstrainedDiag, bias: c.bias };
  const values = Object.entries(entries).map(
    ([path, list]) => [path, { shape: [list.length], values: Float32Array.from(list) }] as const,
  );
  assignParameters(layer, new Map(values), 'test');
  return layer;
}

onEachBackend(test, 'an untrained layer is the identity', (t) => {
  using layer = new LULinear({ dims: 5 });
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([7, 5]);
    const [z, logDet] = layer.inverseAndLogDet(x);
    assertClose(t, z, x.dataSync(), 2e-7);
    assertClose(t, logDet, new Float32Array(7), 1e-6);
    assertClose(t, layer.forward(x), x.dataSync(), 2e-7);
  });
});

onEachBackend(test, 'agrees with the reference values: the density direction is the product', (t) => {
  for (const [i, c] of cases.entries()) {
    using layer = layerOf(c);
    tf.tidy(() => {
      assertClose(t, layer.weightMatrix(), c.weight.flat(), 1e-6, `case ${i}: weight`);
      const [z, logDet] = layer.inverseAndLogDet(tf.tensor2d(c.x));
      assertClose(t, z, c.y.flat(), 1e-5, `case ${i}: z`);
      assertClose(t, logDet, Array<number>(c.x.length).fill(c.logdet), 1e-5, `case ${i}: log-det`);
      const [x, negative] = layer.forwardAndLogDet(tf.tensor2d(c.y));
      // The worst case has condition number 2500: rounding `y` to float32 alone moves `x` by 7e-5.
      assertClose(t, x, c.x.flat(), 3e-4, `case ${i}: x`);
      assertClose(t, negative, Array<number>(c.x.length).fill(-c.logdet), 1e-5, `case ${i}: negative log-det`);
    });
  }
});

onEachBackend(test, 'a wide layer inverts to float32 precision', (t) => {
  using layer = new LULinear({ dims: 63 });
  perturb(layer, 'wide', 0.1);
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([32, 63]);
    assertClose(t, layer.forward(layer.inverse(x)), x.dataSync(), 2e-4);
  });
});

test('it holds dims² + dims numbers', (t) => {
  for (const dims of [1, 2, 7]) {
    using layer = new LULinear({ dims });
    t.is(layer.parameterCount, dims * dims + dims);
  }
});
