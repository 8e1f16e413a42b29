import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { Conv1x1, FlowConfigError, FlowNumericsError, FlowShapeError, RandomStream } from '../../../src/index.js';
import { assignParameters } from '../../../src/module.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';
import { golden } from '../../support/golden.js';
import { channelsLast } from '../../support/images.js';
import { perturb } from '../../support/perturb.js';

interface Case {
  C: number;
  weight: number[][];
  x: number[];
  y: number[];
  logdet: number;
}

interface LUCase extends Case {
  P: number[][];
  Lraw: number[][];
  Uraw: number[][];
  logS: number[];
  signS: number[];
}

onEachBackend(test, 'a layer of a given matrix agrees with the reference values', (t) => {
  for (const [i, c] of golden<Case>('conv1x1').cases.entries()) {
    tf.tidy(() => {
      const [x, y] = [channelsLast(c.x), channelsLast(c.y)];
      using layer = Conv1x1.fromMatrix(c.weight, x.shape.slice(1));
      assertClose(t, layer.weightMatrix(), c.weight.flat(), 1e-6, `case ${i}: weight`);
      assertReference(layer, { x, y, logdet: c.logdet }, `case ${i}`);
    });
  }
  function assertReference(layer: Conv1x1, c: { x: tf.Tensor; y: tf.Tensor; logdet: number }, name: string) {
    const [z, logDet] = layer.inverseAndLogDet(c.x);
    assertClose(t, z, c.y.dataSync(), 1e-5, `${name}: z`);
    assertClose(t, logDet, Array<number>(c.x.shape[0]).fill(c.logdet), 1e-5, `${name}: log-det`);
    const [x, negative] = layer.forwardAndLogDet(c.y);
    assertClose(t, x, c.x.dataSync(), 1e-4, `${name}: x`);
    assertClose(t, negative, Array<number>(c.x.shape[0]).fill(-c.logdet), 1e-5, `${name}: negative log-det`);
  }
});

onEachBackend(test, 'its factors are those of the reference values', (t) => {
  for (const [i, c] of golden<LUCase>('conv1x1_lu').cases.entries()) {
    tf.tidy(() => {
      const [x, y] = [channelsLast(c.x), channelsLast(c.y)];
      using layer = new Conv1x1({ eventShape: x.shape.slice(1) });
      const weights: Record<string, number[]> = {
        lower: c.Lraw.flatMap((row, r) => row.slice(0, r)),
        upper: c.Uraw.flatMap((row, r) => row.slice(r + 1)),
        logScale: c.logS,
        sign: c.signS,
        permutation: c.P.map((row) => row.indexOf(1)),
      };
      const values = Object.entries(weights).map(
        ([name, list]) => [`matrix.${name}`, { shape: [list.length], values: Float32Array.from(list) }] as const,
      );
      assignParameters(layer, new Map(values), 'test');
      assertClose(t, layer.weightMatrix(), c.weight.flat(), 1e-6, `case ${i}: weight`);
      const [z, logDet] = layer.inverseAndLogDet(x);
      assertClose(t, z, y.dataSync(), 1e-5, `case ${i}: z`);
      assertClose(t, logDet, [c.logdet], 1e-5, `case ${i}: log-det`);
      assertClose(t, layer.forward(y), x.dataSync(), 1e-4, `case ${i}: x`);
    });
  }
});

onEachBackend(test, 'it starts as a rotation or reflection, a permutation or the identity, of volume one', (t) => {
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([3, 2, 2, 5]);
    const start = (initial: 'rotation' | 'permutation' | 'identity') => {
      using layer = new Conv1x1({ eventShape: [2, 2, 5], initial, seed: 7 });
      assertClose(t, layer.inverseAndLogDet(x)[1], [0, 0, 0], 2e-6, `${initial}: log-det`);
      return layer.weightMatrix();
    };
    const rotation = start('rotation');
    assertClose(t, tf.matMul(rotation, rotation, false, true), tf.eye(5).dataSync(), 1e-6, 'rotation');
    t.true(tf.max(tf.abs(tf.sub(rotation, tf.eye(5)))).dataSync()[0] > 0.3);
    const order = new RandomStream(7).permutation(5);
    const permutation = start('permutation').dataSync();
    t.deepEqual([...permutation], Array.from(order, (from) => Array.from({ length: 5 }, (_, c) => Number(c === from))).flat()); // prettier-ignore
    assertClose(t, start('identity'), tf.eye(5).dataSync(), 0, 'identity');
  });
});

onEachBackend(test, 'the matrix is applied to every position, whatever axes there are', (t) => {
  using layer = new Conv1x1({ eventShape: [2, 3, 4, 3], seed: 'axes' });
  perturb(layer, 'axes');
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([5, 2, 3, 4, 3]);
    const byProduct = tf.matMul(tf.reshape(x, [-1, 3]), layer.weightMatrix(), false, true);
    assertClose(t, layer.inverse(x), byProduct.dataSync(), 1e-6);
    const logDet = layer.inverseAndLogDet(x)[1].dataSync()[0];
    const weight = layer.weightMatrix().dataSync();
    const [a, b, c, d, e, f, g, h, i] = weight;
    const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
    assertClose(t, [logDet], [24 * Math.log(Math.abs(determinant))], 1e-5);
  });
});

onEachBackend(test, 'what was drawn at the start is a weight, and moves with the others', (t) => {
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([4, 6]);
    using layer = new Conv1x1({ eventShape: [6], seed: 1 });
    using other = new Conv1x1({ eventShape: [6], seed: 2 });
    t.notDeepEqual(other.inverse(x).dataSync(), layer.inverse(x).dataSync());
    other.parameters.forEach(({ variable }, i) => variable.assign(layer.parameters[i].variable));
    assertClose(t, other.inverse(x), layer.inverse(x).dataSync(), 0);
    t.is(layer.parameterCount, 36);
  });
});

onEachBackend(test, 'many channels invert to float32 precision', (t) => {
  using layer = new Conv1x1({ eventShape: [48], seed: 'wide' });
  perturb(layer, 'wide', 0.05);
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([32, 48]);
    assertClose(t, layer.forward(layer.inverse(x)), x.dataSync(), 2e-4);
  });
});

test('what it refuses', (t) => {
  const before = tf.memory().numTensors;
  t.throws(() => new Conv1x1({ eventShape: [] }), {
    instanceOf: FlowShapeError,
    message: 'Conv1x1: expected events with channels along their last axis, got [].',
  });
  t.throws(() => new Conv1x1({ eventShape: [2], initial: 'random' as never }), {
    instanceOf: FlowConfigError,
    message: "Conv1x1: expected initial: 'rotation', 'permutation' or 'identity', got 'random'.",
  });
  t.throws(() => Conv1x1.fromMatrix([[1, 2]], [2]), {
    instanceOf: FlowShapeError,
    message: 'Conv1x1.fromMatrix: expected 2 rows of 2 numbers, got [1, 2].',
  });
  const error = t.throws(() => Conv1x1.fromMatrix([[0.1, 0.3], [0.2, 0.6]], [4, 4, 2]), { instanceOf: FlowNumericsError }); // prettier-ignore
  t.regex(error.message, /^Conv1x1\.fromMatrix: expected an invertible matrix, got one of determinant -?[0-9.e-]+\.$/);
  t.is(tf.memory().numTensors, before);
});
