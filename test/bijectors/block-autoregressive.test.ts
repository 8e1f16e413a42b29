import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  BlockAutoregressive,
  FlowConfigError,
  FlowNumericsError,
  RandomStream,
  type BlockAutoregressiveOptions,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { perturb } from '../support/perturb.js';

/** One layer of the network in doubles, from its variables: rows of `[inputs, outputs]`, with the bias last. */
function layerOf(
  bijector: BlockAutoregressive,
  index: number,
  dims: number,
  inputs: number,
  outputs: number,
): number[][] {
  const values = (name: string) =>
    bijector.parameters.find(({ path }) => path === `layer${index}.${name}`)?.variable.dataSync();
  const [diagonal, below, logNorm, bias] = ['diagonal', 'below', 'logNorm', 'bias'].map(values);
  const columns = dims * outputs;
  const rows = Array.from({ length: dims * inputs }, (_, i) =>
    Array.from({ length: columns }, (_, j) => {
      const [from, to] = [Math.floor(i / inputs), Math.floor(j / outputs)];
      if (from > to) return 0;
      return from < to
        ? below![i * columns + j]
        : Math.exp(diagonal![(to * inputs + (i % inputs)) * outputs + (j % outputs)]);
    }),
  );
  const lengths = Array.from({ length: columns }, (_, j) => Math.hypot(...rows.map((row) => row[j])));
  return [...rows.map((row) => row.map((w, j) => (w / lengths[j]) * Math.exp(logNorm![j]))), [...bias!]];
}

onEachBackend(test, 'it is the network of the paper, with gates', (t) => {
  using bijector = new BlockAutoregressive({ dims: 3, hidden: [2, 4], seed: 'formula' });
  perturb(bijector, 'formula');
  const [first, second, third] = [[1, 2], [2, 4], [4, 1]].map(([a, b], i) => layerOf(bijector, i, 3, a, b)); // prettier-ignore
  const apply = (layer: number[][], h: number[]) =>
    layer[0].map((_, j) => layer.reduce((sum, row, i) => sum + row[j] * (i < h.length ? h[i] : 1), 0));
  const gates = [...bijector.parameters.find(({ path }) => path === 'gate')!.variable.dataSync()].map(
    (g) => 1 / (1 + Math.exp(-g)),
  );
  const network = (x: number[]) =>
    apply(third, apply(second, apply(first, x).map(Math.tanh)).map(Math.tanh)).map(
      (f, i) => gates[i] * x[i] + (1 - gates[i]) * f,
    );
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([5, 3]);
    const rows = x.arraySync() as number[][];
    const [z, logDet] = bijector.inverseAndLogDet(x);
    assertClose(t, z, rows.flatMap(network), 2e-6, 'values');
    const h = 1e-6;
    const expected = rows.map((row) =>
      row.reduce(
        (sum, value, i) =>
          sum + Math.log((network(row.with(i, value + h))[i] - network(row.with(i, value - h))[i]) / (2 * h)),
        0,
      ),
    );
    assertClose(t, logDet, expected, 5e-6, 'log-determinants');
  });
});

onEachBackend(test, 'coordinates depend on themselves and on those before, and increase in themselves', (t) => {
  using bijector = new BlockAutoregressive({ dims: 4, hidden: [3], seed: 'triangle' });
  perturb(bijector, 'triangle');
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([1, 4]);
    for (let i = 0; i < 4; i++) {
      const row = tf
        .grad((at) => tf.slice(bijector.inverse(at), [0, i], [1, 1]))(x)
        .dataSync();
      t.true(row[i] > 0);
      t.true(row.every((slope, j) => (j > i ? slope === 0 : slope !== 0)), `row ${i}: ${[...row].join(' ')}`); // prettier-ignore
    }
  });
});

onEachBackend(test, 'generated points have the derivatives of an inverse, by points and parameters, twice', (t) => {
  using bijector = new BlockAutoregressive({ dims: 3, hidden: [2], seed: 'implicit' });
  perturb(bijector, 'implicit');
  tf.tidy(() => {
    const z = new RandomStream('z').normalTensor([3, 3]);
    /** `z` again, and zero: whatever is differentiated through both directions has to vanish. */
    const there = (at: Tensor) => {
      const [x, logDet] = bijector.forwardAndLogDet(at);
      const [back, backLogDet] = bijector.inverseAndLogDet(x);
      return tf.add(tf.sum(tf.mul(back, [1, 2, 3])), tf.sum(tf.add(logDet, backLogDet))) as tf.Scalar;
    };
    assertClose(t, tf.grad(there)(z), [1, 2, 3, 1, 2, 3, 1, 2, 3], 2e-5, 'by points');
    assertClose(t, tf.grad((at) => tf.sum(tf.square(tf.grad(there)(at))))(z), new Float32Array(9), 2e-4, 'twice');
    const { grads } = tf.variableGrads(() => there(z), bijector.trainableVariables);
    for (const [name, gradient] of Object.entries(grads)) {
      assertClose(t, gradient, new Float32Array(gradient.size), 5e-5, name);
    }
  });
});

onEachBackend(test, 'without a residual, only what the network takes has an inverse', (t) => {
  using bijector = new BlockAutoregressive({ dims: 2, hidden: [4], residual: 'none', seed: 'bare' });
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([6, 2]);
    assertClose(t, bijector.forward(bijector.inverse(x)), x, 1e-4);
    const error = t.throws(() => bijector.forward(tf.tensor2d([[0, 0], [0, 60]])), { instanceOf: FlowNumericsError }); // prettier-ignore
    t.regex(
      error.message,
      /^BlockAutoregressive\.forward, coordinate 1: expected a numerical inverse within 100 steps/,
    );
    t.is(error.row, 1);
  });
  t.is(tf.memory().numTensors, before);
});

test('impossible options are refused', (t) => {
  const table: readonly [Partial<BlockAutoregressiveOptions>, RegExp][] = [
    [{ dims: 0 }, /^BlockAutoregressive\.dims: expected a positive integer, got 0\./],
    [{ hidden: [] }, /^BlockAutoregressive\.hidden: expected at least one layer width, got none\./],
    [{ hidden: [0] }, /^BlockAutoregressive\.hidden\[0\]: expected a positive integer, got 0\./],
    [{ residual: 'skip' as never }, /^BlockAutoregressive: expected residual: 'gated' or 'none', got 'skip'\./],
    [{ tolerance: 0 }, /^BlockAutoregressive: expected tolerance > 0, got 0\./],
    [{ contextShape: [0] }, /^BlockAutoregressive\.contextShape: /],
  ];
  for (const [options, message] of table) {
    t.throws(() => new BlockAutoregressive({ dims: 2, ...options }), { instanceOf: FlowConfigError, message });
  }
});
