import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  eightGaussians,
  entropicTransport,
  FlowConfigError,
  FlowDataError,
  independent,
  optimalTransport,
  RandomStream,
  ready,
  twoMoons,
  type BatchCoupling,
  type EntropicTransportOptions,
} from '../../src/index.js';
import { assign } from '../../src/numerics/assignment.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

const stream = new RandomStream('couplings');

/** Squared distances `n × n` in doubles. */
function distances(noise: Tensor, data: Tensor): Float64Array {
  const [n, dims] = data.shape as [number, number];
  const [a, b] = [noise.dataSync(), data.dataSync()];
  return Float64Array.from({ length: n * n }, (_, k) => {
    const [i, j] = [Math.floor(k / n), k % n];
    let sum = 0;
    for (let d = 0; d < dims; d++) sum += (a[i * dims + d] - b[j * dims + d]) ** 2;
    return sum;
  });
}

const totalOf = (costs: Float64Array, n: number, partners: Int32Array) =>
  partners.reduce((sum, row, column) => sum + costs[row * n + column], 0);

onEachBackend(test, 'optimal transport pairs every row once, at the least sum of squared distances', (t) => {
  tf.tidy(() => {
    for (const dims of [1, 2, 7]) {
      const n = 40;
      const noise = stream.normalTensor([n, dims]);
      // Far from the noise, where float32 would lose the differences of distances.
      const data = tf.add(tf.mul(stream.normalTensor([n, dims]), 2), 3000);
      const partners = optimalTransport()(noise, data, stream)!;
      t.deepEqual([...partners].sort((a, b) => a - b), [...partners.keys()]); // prettier-ignore
      const costs = distances(noise, data);
      const best = Int32Array.from(partners);
      assign(costs, n).forEach((column, row) => (best[column] = row));
      const [found, least] = [totalOf(costs, n, partners), totalOf(costs, n, best)];
      const shuffled = totalOf(costs, n, stream.permutation(n));
      t.true(found - least <= 1e-3 * (shuffled - least), `${found} instead of ${least}, ${shuffled} at random`);
    }
  });
});

onEachBackend(test, 'optimal transport in chunks pairs within them', (t) => {
  tf.tidy(() => {
    const [noise, data] = [stream.normalTensor([25, 2]), stream.normalTensor([25, 2])];
    const partners = optimalTransport({ chunkSize: 10 })(noise, data, stream)!;
    for (const [begin, end] of [
      [0, 10],
      [10, 20],
      [20, 25],
    ]) {
      const chunk = partners.slice(begin, end);
      t.deepEqual([...chunk].sort((a, b) => a - b), Array.from({ length: end - begin }, (_, i) => begin + i)); // prettier-ignore
      const [from, to] = [noise, data].map((points) => tf.slice(points, [begin, 0], [end - begin, 2]));
      t.deepEqual(chunk.map((row) => row - begin), optimalTransport()(from, to, stream)); // prettier-ignore
    }
  });
});

test.serial('chunks have 64 rows unless told otherwise', (t) => {
  tf.tidy(() => {
    const [noise, data] = [stream.normalTensor([100, 2]), stream.normalTensor([100, 2])];
    const partners = optimalTransport()(noise, data, stream)!;
    t.deepEqual(partners, optimalTransport({ chunkSize: 64 })(noise, data, stream));
    t.notDeepEqual(partners, optimalTransport({ chunkSize: 100 })(noise, data, stream));
  });
});

test.serial('independent pairs stay as they are', async (t) => {
  await ready({ backend: 'wasm' });
  tf.tidy(() => t.is(independent()(stream.normalTensor([4, 2]), stream.normalTensor([4, 2]), stream), null));
});

test.serial('a batch of one has one pair', (t) => {
  tf.tidy(() => {
    const [noise, data] = [stream.normalTensor([1, 3]), stream.normalTensor([1, 3])];
    t.deepEqual(optimalTransport()(noise, data, stream), Int32Array.of(0));
    t.deepEqual(entropicTransport({ regularisation: 1 })(noise, data, stream), Int32Array.of(0));
  });
});

test.serial('entropic transport draws from the plan', (t) => {
  tf.tidy(() => {
    // Two and two on a line: staying costs 0, crossing costs 1.
    const points = tf.tensor2d([[0], [1]]);
    const coupling = entropicTransport({ regularisation: 0.5 });
    let stayed = 0;
    const draws = 1500;
    for (let i = 0; i < draws; i++) stayed += coupling(points, points, stream)![0] === 0 ? 1 : 0;
    // A swap costs 2, of which each pair bears the half.
    const odds = Math.exp(1 / 0.5);
    assertClose(t, [stayed / draws], [odds / (1 + odds)], 0.03);
  });
});

test.serial(
  'entropic transport runs from the optimal assignment to independent pairs, and repeats with the seed',
  (t) => {
    tf.tidy(() => {
      const n = 30;
      const [noise, data] = [stream.normalTensor([n, 2]), stream.normalTensor([n, 2])];
      const draw = (regularisation: number, seed: string) =>
        entropicTransport({ regularisation, maxIterations: 5000 })(noise, data, new RandomStream(seed))!;
      const costs = distances(noise, data);
      const least = totalOf(costs, n, optimalTransport()(noise, data, stream)!);
      const random = costs.reduce((sum, c) => sum + c, 0) / n;
      const excess = [0.01, 1, 1e6].map((regularisation) => (totalOf(costs, n, draw(regularisation, 'a')) - least) / (random - least)); // prettier-ignore
      t.true(excess[0] < 0.05 && excess[0] < excess[1] && excess[1] < 0.7 && excess[2] > 0.6, excess.join(', '));
      t.deepEqual(draw(1, 'a'), draw(1, 'a'));
      t.notDeepEqual(draw(1, 'a'), draw(1, 'b'));
    });
  },
);

/** `⟨|u − ⟨u | x_t⟩|²⟩` over straight paths at t = 1/2, the mean from the nearest points: what no field can fit. */
function varianceOfTargets(coupling: BatchCoupling): number {
  const [batches, n, neighbours] = [3, 128, 5];
  const source = eightGaussians(batches * n, { seed: 'noise' });
  const target = twoMoons(batches * n, { seed: 'data' });
  const points: number[][] = [];
  const velocities: number[][] = [];
  tf.tidy(() => {
    for (let b = 0; b < batches; b++) {
      const [x0, x1] = [source, target].map((toy) => tf.slice(tf.tensor2d(toy, [batches * n, 2]), [b * n, 0], [n, 2]));
      const partners = coupling(x0, x1, stream);
      const paired = partners ? tf.gather(x0, tf.tensor1d(partners, 'int32')) : x0;
      points.push(...(tf.div(tf.add(paired, x1), 2).arraySync() as number[][]));
      velocities.push(...(tf.sub(x1, paired).arraySync() as number[][]));
    }
  });
  const spread = points.map((point) => {
    const near = [...points.keys()]
      .sort(
        (a, b) =>
          Math.hypot(points[a][0] - point[0], points[a][1] - point[1]) -
          Math.hypot(points[b][0] - point[0], points[b][1] - point[1]),
      ) // prettier-ignore
      .slice(0, neighbours);
    const sum = [0, 1].map((axis) => {
      const values = near.map((i) => velocities[i][axis]);
      const mean = values.reduce((a, b) => a + b, 0) / neighbours;
      return values.reduce((total, value) => total + (value - mean) ** 2, 0) / (neighbours - 1);
    });
    return sum[0] + sum[1];
  });
  return spread.reduce((a, b) => a + b, 0) / spread.length;
}

test.serial('eight Gaussians to moons: optimal transport straightens paths by more than half', (t) => {
  const [alone, matched] = [independent(), optimalTransport()].map(varianceOfTargets);
  t.true(matched < 0.5 * alone, `${matched} of ${alone}`);
  t.log(`variance of targets at a point: ${alone.toFixed(2)} independent, ${matched.toFixed(2)} matched`);
});

const BAD: [title: string, call: () => unknown, message: RegExp][] = [
  [
    'chunks of nothing',
    () => optimalTransport({ chunkSize: 0 }),
    /^optimalTransport.chunkSize: expected a positive whole number, got 0/,
  ],
  ['half a chunk', () => optimalTransport({ chunkSize: 2.5 }), /^optimalTransport.chunkSize/],
  [
    'no regularisation',
    () => entropicTransport({} as EntropicTransportOptions),
    /^entropicTransport.regularisation: expected a positive number, got undefined/,
  ],
  ['a negative regularisation', () => entropicTransport({ regularisation: -1 }), /^entropicTransport.regularisation/],
  ['no tolerance', () => entropicTransport({ regularisation: 1, tolerance: 0 }), /^entropicTransport.tolerance/],
  [
    'no iterations',
    () => entropicTransport({ regularisation: 1, maxIterations: 0 }),
    /^entropicTransport.maxIterations/,
  ],
];
for (const [title, call, message] of BAD) {
  test.serial(`refuses ${title}`, (t) => {
    t.throws(call, { instanceOf: FlowConfigError, message });
  });
}

test.serial('points that are not finite are refused', (t) => {
  tf.tidy(() => {
    const spoilt = tf.tensor2d([[0], [NaN]]);
    t.throws(() => optimalTransport()(spoilt, spoilt, stream), { instanceOf: FlowDataError, message: /^assign: expected finite/ }); // prettier-ignore
  });
});
