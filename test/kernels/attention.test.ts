import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { FlowShapeError, RandomStream } from '../../src/index.js';
import { attention, attentionOp } from '../../src/kernels/attention/op.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

const random = (name: string, shape: number[]): Tensor => new RandomStream(name).normalTensor(shape);

/** One head by the formula, row by row. */
function naive(q: number[][], k: number[][], v: number[][], causal: boolean): number[] {
  return q.flatMap((query, i) => {
    const seen = causal ? k.length - q.length + i + 1 : k.length;
    const scores = k.slice(0, seen).map((key) => key.reduce((s, x, c) => s + x * query[c], 0) / Math.sqrt(key.length));
    const powers = scores.map(Math.exp);
    const sum = powers.reduce((s, p) => s + p, 0);
    return v[0].map((_, c) => powers.reduce((s, p, j) => s + (p / sum) * v[j][c], 0));
  });
}

onEachBackend(test, 'attention is the weighted mean of the values, head by head', (t) => {
  tf.tidy(() => {
    for (const [queries, positions, width, causal] of [
      [5, 5, 3, true],
      [5, 5, 3, false],
      [3, 8, 4, true],
      [130, 130, 2, true],
    ] as const) {
      const q = random('q', [2, 3, queries, width]);
      const [k, v] = ['k', 'v'].map((name) => random(name, [2, 3, positions, width]));
      const y = attention(q, k, v, { causal });
      const [qs, ks, vs] = [q, k, v].map((x) => x.arraySync() as number[][][][]);
      const expected = qs.flatMap((heads, b) => heads.flatMap((rows, h) => naive(rows, ks[b][h], vs[b][h], causal)));
      assertClose(t, y, expected, 1e-5, `${queries} of ${positions}, causal ${causal}`);
    }
  });
});

onEachBackend(test, 'a causal query sees nothing of what comes after it, to the last bit', (t) => {
  tf.tidy(() => {
    const [q, k, v] = ['q', 'k', 'v'].map((name) => random(name, [1, 2, 9, 4]));
    const y = attention(q, k, v, { causal: true });
    for (const cut of [1, 4, 8]) {
      const changed = [k, v].map((x) => tf.concat([tf.slice(x, [0, 0, 0, 0], [1, 2, cut, 4]), tf.fill([1, 2, 9 - cut, 4], 37)], 2)); // prettier-ignore
      const other = attention(q, changed[0], changed[1], { causal: true });
      const begin = (x: Tensor) => tf.slice(x, [0, 0, 0, 0], [1, 2, cut, 4]).dataSync();
      t.deepEqual(begin(other), begin(y));
      t.notDeepEqual(other.dataSync(), y.dataSync());
    }
  });
});

onEachBackend(test, 'the last queries alone give what they give among all', (t) => {
  tf.tidy(() => {
    const [q, k, v] = ['q', 'k', 'v'].map((name) => random(name, [2, 2, 7, 4]));
    const all = attention(q, k, v, { causal: true });
    const last = attention(tf.slice(q, [0, 0, 5, 0]), k, v, { causal: true });
    assertClose(t, last, tf.slice(all, [0, 0, 5, 0]), 1e-6);
  });
});

onEachBackend(test, 'large scores neither overflow nor lose their order', (t) => {
  tf.tidy(() => {
    const q = tf.tensor4d([1e4, 0], [1, 1, 1, 2]);
    const k = tf.tensor4d([1e4, 0, -1e4, 0, 0, 1], [1, 1, 3, 2]);
    const v = tf.tensor4d([1, 2, 3, 4, 5, 6], [1, 1, 3, 2]);
    t.deepEqual([...attention(q, k, v).dataSync()], [1, 2]);
    const gradient = tf.grad((at) => tf.sum(attention(at, k, v)))(q);
    t.true(gradient.dataSync().every(Number.isFinite));
  });
});

test('gradients in doubles match central differences', (t) => {
  for (const { attributes, inputs } of attentionOp.samples) {
    const shapes = inputs.map(({ shape }) => shape);
    const values = inputs.map((input) => Float64Array.from(input.values));
    const size = values[0].length;
    const upstream = Float64Array.from({ length: size }, (_, i) => Math.cos(3 * i));
    const loss = (at: Float64Array[]) => {
      const y = new Float64Array(size);
      attentionOp.cpu(at, [y], attributes, shapes);
      return y.reduce((sum, entry, i) => sum + entry * upstream[i], 0);
    };
    const gradients = values.map(({ length }) => new Float64Array(length));
    attentionOp.gradient!.cpu([...values, upstream], gradients, attributes, [...shapes, shapes[0]]);
    values.forEach((value, which) => {
      for (const i of [0, 1, Math.floor(value.length / 2), value.length - 1]) {
        const shifted = (by: number) =>
          loss(
            values.with(
              which,
              value.map((entry, j) => (j === i ? entry + by : entry)),
            ),
          );
        const slope = (shifted(1e-5) - shifted(-1e-5)) / 2e-5;
        t.true(Math.abs(gradients[which][i] - slope) < 1e-8 * (1 + Math.abs(slope)), `${which} ${i}`);
      }
    });
  }
});

onEachBackend(test, 'second derivatives match differences of the first', (t) => {
  tf.tidy(() => {
    const [q, k, v, direction] = ['q', 'k', 'v', 'd'].map((name) => random(name, [1, 2, 4, 3]));
    const first = (at: Tensor) => tf.grad((x: Tensor) => tf.sum(tf.square(attention(x, k, v, { causal: true }))))(at);
    const along = tf.grad((at: Tensor) => tf.sum(tf.mul(first(at), direction)))(q);
    const h = 1e-2;
    const ahead = first(tf.add(q, tf.mul(direction, h)));
    const behind = first(tf.sub(q, tf.mul(direction, h)));
    assertClose(t, along, tf.div(tf.sub(ahead, behind), 2 * h), 2e-3);
  });
});

onEachBackend(test, 'a batch without rows', (t) => {
  tf.tidy(() => {
    const empty = tf.zeros([0, 2, 3, 4]);
    t.deepEqual(attention(empty, empty, empty, { causal: true }).shape, [0, 2, 3, 4]);
  });
});

test('shapes that do not belong together are refused', (t) => {
  const of = (...shape: number[]) => tf.zeros(shape);
  const refused = [
    [of(1, 2, 3, 4), of(1, 2, 5, 4), of(1, 2, 5, 3), false],
    [of(1, 2, 3, 4), of(1, 1, 5, 4), of(1, 1, 5, 4), false],
    [of(2, 3, 4), of(2, 3, 4), of(2, 3, 4), false],
    [of(1, 2, 6, 4), of(1, 2, 5, 4), of(1, 2, 5, 4), true],
  ] as const;
  for (const [q, k, v, causal] of refused) {
    t.throws(() => attention(q, k, v, { causal }), { instanceOf: FlowShapeError, message: /^attention: expected q of/ }); // prettier-ignore
  }
});
