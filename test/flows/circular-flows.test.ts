import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import type {
  Flow} from '../../src/index.js';
import {
  Autoregressive,
  CircularRationalQuadraticSpline,
  CircularShift,
  circularSplineFlow,
  Coupling,
  ElementwiseAffine,
  fit,
  FlowConfigError,
  FlowDataError,
  loadFlow,
  KernelConditioner,
  MaskedMLP,
  MaskedResidualNet,
  MLP,
  Moebius,
  moebiusFlow,
  RandomStream,
  ready,
  ResidualNet,
  Standardize,
  VonMises,
  type CircularFlowOptions,
  type ConditionerRequest,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { perturb } from '../support/perturb.js';

const TURN = 2 * Math.PI;
const SMALL = { layers: 2, hidden: [12], bins: 4, seed: 'circular' };

const RECIPES: Record<string, (options: CircularFlowOptions) => Flow> = {
  circularSplineFlow,
  moebiusFlow: (options) => moebiusFlow({ components: 3, ...options }),
};

/** Cosines and sines: what angles that differ by whole turns have in common. */
const onCircle = (angles: Tensor) => tf.concat([tf.cos(angles), tf.sin(angles)], 1);

const uniformAngles = (rows: number, dims: number, seed = 'angles') =>
  new RandomStream(seed).uniformTensor([rows, dims], -Math.PI, Math.PI);

const midpoints = (low: number, high: number, cells: number) =>
  tf.linspace(low + (high - low) / cells / 2, high - (high - low) / cells / 2, cells);

/** The integral of a density over the torus, by the midpoint rule. */
function massOnTorus(flow: Flow, cells: number): number {
  const places = midpoints(-Math.PI, Math.PI, cells);
  const [a, b] = tf.meshgrid(places, places);
  const grid = tf.stack([tf.reshape(a, [-1]), tf.reshape(b, [-1])], 1);
  return tf.sum(tf.exp(flow.logProb(grid))).dataSync()[0] * (TURN / cells) ** 2;
}

for (const [name, recipe] of Object.entries(RECIPES)) {
  for (const conditioning of ['coupling', 'autoregressive'] as const) {
    for (const dims of conditioning === 'coupling' ? [1, 3] : [3]) {
      onEachBackend(test, `${name}, ${conditioning}, ${dims} angles: starts uniform, round trips, has no seam`, (t) => {
        using flow = recipe({ dims, conditioning, ...SMALL });
        tf.tidy(() => {
          const x = uniformAngles(16, dims);
          assertClose(t, flow.logProb(x), Array<number>(16).fill(-dims * Math.log(TURN)), 1e-4, 'start');
          perturb(flow, 'weights');
          assertClose(t, onCircle(flow.forward(flow.inverse(x))), onCircle(x), 1e-3, 'round trip');
          const [draws, logProb] = flow.sampleAndLogProb(16, { seed: 0 });
          assertClose(t, logProb, flow.logProb(draws), 2e-3, 'density of draws');
          t.true(draws.dataSync().every((angle) => Math.abs(angle) <= Math.fround(Math.PI)));
          const ends = [-1, 1].map((side) => tf.concat([tf.fill([16, 1], side * (Math.PI - 1e-5)), tf.slice(x, [0, 1])], 1)); // prettier-ignore
          assertClose(t, flow.logProb(ends[0]), flow.logProb(ends[1]), 2e-3, 'at the seam');
          const slope = (at: Tensor) => tf.grad((y: Tensor) => tf.sum(flow.logProb(y)))(at);
          if (name === 'moebiusFlow') assertClose(t, slope(ends[0]), slope(ends[1]), 2e-2, 'slope at the seam');
        });
        t.deepEqual(flow.support, [-Math.PI, Math.PI]);
      });
    }

    test.serial(`${name}, ${conditioning}: the density on the torus integrates to one`, async (t) => {
      await ready({ backend: 'wasm' });
      using flow = recipe({ dims: 2, conditioning, ...SMALL });
      perturb(flow, 'mass');
      const mass = tf.tidy(() => massOnTorus(flow, 96));
      t.true(Math.abs(mass - 1) < 5e-3, `mass ${mass}`);
    });

    onEachBackend(test, `${name}, ${conditioning}: angles beside other numbers`, (t) => {
      using flow = recipe({ dims: 3, circular: [1], conditioning, ...SMALL });
      tf.tidy(() => {
        const stream = new RandomStream('mixed');
        const real = tf.add(tf.mul(stream.normalTensor([64, 2]), 3), 5);
        const [first, last] = tf.split(real, 2, 1);
        const x = tf.concat([first, uniformAngles(64, 1), last], 1);
        flow.initialize(x);
        const { mean, variance } = tf.moments(real, 0);
        const z = tf.div(tf.sub(real, mean), tf.sqrt(variance));
        const start = tf.sub(tf.sum(tf.mul(tf.square(z), -0.5), 1), tf.sum(tf.mul(tf.log(variance), 0.5)));
        assertClose(t, flow.logProb(x), tf.sub(start, 2 * Math.log(TURN)), 1e-3, 'start');
        perturb(flow, 'weights');
        const turned = tf.add(x, tf.tensor1d([0, TURN, 0]));
        assertClose(t, flow.logProb(turned), flow.logProb(x), 1e-2, 'a turn');
        const back = flow.forward(flow.inverse(x));
        const columns = (values: Tensor) => tf.concat([tf.slice(values, [0, 0], [-1, 1]), onCircle(tf.slice(values, [0, 1], [-1, 1])), tf.slice(values, [0, 2], [-1, 1])], 1); // prettier-ignore
        assertClose(t, columns(back), columns(x), 2e-3, 'round trip');
      });
    });
  }

  test.serial(`${name}: the density of an angle beside a number integrates to one`, async (t) => {
    await ready({ backend: 'wasm' });
    using flow = recipe({ dims: 2, circular: [1], ...SMALL });
    perturb(flow, 'mixed mass');
    const [cells, reach] = [128, 10];
    const mass = tf.tidy(() => {
      const [line, angles] = tf.meshgrid(midpoints(-reach, reach, cells), midpoints(-Math.PI, Math.PI, cells));
      const grid = tf.stack([tf.reshape(line, [-1]), tf.reshape(angles, [-1])], 1);
      return tf.sum(tf.exp(flow.logProb(grid))).dataSync()[0] * ((TURN * 2 * reach) / cells ** 2);
    });
    t.true(Math.abs(mass - 1) < 1e-2, `mass ${mass}`);
  });

  test.serial(`${name}: a saved flow gives the same numbers, mixed coordinates and all`, async (t) => {
    await ready({ backend: 'wasm' });
    using flow = recipe({ dims: 4, circular: [0, 3], conditioning: 'autoregressive', ...SMALL });
    perturb(flow, 'saved');
    await flow.save(`memory://${name}`);
    using loaded = await loadFlow(`memory://${name}`);
    tf.tidy(() => {
      const x = uniformAngles(8, 4);
      t.deepEqual(loaded.logProb(x).dataSync(), flow.logProb(x).dataSync());
    });
  });
}

onEachBackend(test, 'densities of layers are those of the Jacobian, for coordinates of several kinds', (t) => {
  const transform = [new ElementwiseAffine(), new Moebius({ components: 2 }), new CircularRationalQuadraticSpline({ bins: 4 }), new CircularShift()]; // prettier-ignore
  const layers = [
    new Coupling({ mask: [true, false, true, true], transform, conditioner: (request) => new MLP({ ...request, hidden: [8], activation: 'tanh' }) }), // prettier-ignore
    new Autoregressive({ dims: 4, transform, conditioner: (request) => new MaskedResidualNet({ ...request, hidden: 8, activation: 'tanh' }) }), // prettier-ignore
  ];
  for (const layer of layers) {
    perturb(layer, 'layer');
    tf.tidy(() => {
      const x = tf.tensor2d([[0.4, -1, 1.2, 0.3]]);
      for (const direction of ['forward', 'inverse'] as const) {
        const run = (at: Tensor) => (direction === 'forward' ? layer.forwardAndLogDet(at) : layer.inverseAndLogDet(at));
        const rows = Array.from({ length: 4 }, (_, i) => [
          ...tf
            .grad((at: Tensor) => tf.sum(tf.slice(run(at)[0], [0, i], [1, 1])))(x)
            .dataSync(),
        ]);
        // Triangular after a rearrangement: the transformed depend on the kept, or later on earlier ones.
        const logDet = rows.reduce((sum, row, i) => sum + Math.log(row[i]), 0);
        assertClose(t, run(x)[1], [logDet], 1e-3, `${layer.className} ${direction}`);
      }
    });
    layer.dispose();
  }
});

onEachBackend(test, 'networks see angles as cosine and sine, and masked ones still only what comes before', (t) => {
  const networks = [
    new MLP({ inputs: 3, outputs: 4, hidden: [8], circular: [0, 2] }),
    new ResidualNet({ inputs: 3, outputs: 4, hidden: 8, circular: [0, 2] }),
    new KernelConditioner({ inputs: 3, outputs: 4, points: 5, circular: [0, 2] }),
    new MaskedMLP({ features: 3, parametersPerFeature: 2, hidden: [8], circular: [0, 2], order: [2, 0, 1] }),
    new MaskedResidualNet({ features: 3, parametersPerFeature: 2, hidden: 8, circular: [0, 2], order: [2, 0, 1] }),
  ];
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([5, 3]);
    const turned = tf.add(x, tf.tensor1d([TURN, 0, -TURN]));
    for (const network of networks) {
      perturb(network, 'weights');
      assertClose(t, network.apply(turned), network.apply(x), 1e-5, network.className);
      t.notDeepEqual(network.apply(tf.add(x, tf.tensor1d([1, 0, 0]))).dataSync(), network.apply(x).dataSync());
    }
    for (const network of networks.slice(3)) {
      const outputs = (moved: number[]) => network.apply(tf.add(x, tf.tensor1d(moved)));
      const of = (all: Tensor, feature: number) => tf.slice(all, [0, 2 * feature], [5, 2]).dataSync();
      const start = outputs([0, 0, 0]);
      const [first, second] = [outputs([0, 0, 0.5]), outputs([0.5, 0, 0])];
      t.deepEqual(of(first, 2), of(start, 2));
      t.notDeepEqual(of(first, 0), of(start, 0));
      t.deepEqual(of(second, 0), of(start, 0));
      t.deepEqual(of(second, 2), of(start, 2));
      t.notDeepEqual(of(second, 1), of(start, 1));
    }
  });
  networks.forEach((network) => network.dispose());
});

test.serial('training finds two directions of a pair of angles', async (t) => {
  await ready({ backend: 'wasm' });
  const stream = new RandomStream('pairs');
  const source = new VonMises({ loc: [3.1, 0], concentration: [8, 8] });
  const drawn = source.sample(1500, { seed: 'pairs' }).dataSync();
  // The second angle is twice the first and noise: the seam runs right through the data.
  const wrap = (angle: number) => angle - TURN * Math.round(angle / TURN);
  const rows = Array.from({ length: 1500 }, (_, i) => {
    const first = wrap(drawn[2 * i] + (stream.next() < 0.5 ? 0 : Math.PI));
    return [first, wrap(2 * first + drawn[2 * i + 1])];
  });
  source.dispose();
  // Entropy of a von Mises angle of concentration 8 is 0.4205 nats; one more bit for which direction.
  const best = 2 * 0.4205 + Math.LN2;
  for (const recipe of Object.values(RECIPES)) {
    using flow = recipe({ dims: 2, layers: 3, hidden: [32], bins: 6, seed: 'train' });
    await fit(flow, rows, { steps: 200, batchSize: 150, learningRate: 1e-2, seed: 'order' });
    const loss = tf.tidy(() => -tf.mean(flow.logProb(tf.tensor2d(rows))).dataSync()[0]);
    t.true(loss < best + 0.15 && loss > best - 0.15, `${loss} nats a row, ${best} at best, ${2 * Math.log(TURN)} at first`); // prettier-ignore
  }
});

test.serial('angles outside of [-π, π] are refused by training', async (t) => {
  await ready({ backend: 'wasm' });
  using flow = circularSplineFlow({ dims: 2, ...SMALL });
  await t.throwsAsync(fit(flow, [[0, 1], [5, 2]], { steps: 1 }), { instanceOf: FlowDataError }); // prettier-ignore
});

test('impossible options are refused', (t) => {
  const refused = (make: () => unknown, message: RegExp) => t.throws(make, { instanceOf: FlowConfigError, message });
  refused(() => circularSplineFlow({ dims: 0 }), /circularSplineFlow: expected dims: a positive integer/);
  refused(() => circularSplineFlow({ dims: 2, bins: 1 }), /bins: a whole number/);
  for (const circular of [[2], [0, 0], [0.5], 'all' as never]) {
    refused(() => moebiusFlow({ dims: 2, circular }), /moebiusFlow\.circular: expected different indices from 0 to 1/);
  }
  refused(() => moebiusFlow({ dims: 2, conditioning: 'none' as never }), /'coupling' or 'autoregressive', got 'none'/);
  const conditioner = (request: ConditionerRequest) => new MLP({ ...request, hidden: [4] });
  const transform = [new CircularShift()];
  const angles = { mask: [true, false, false], transform: new CircularShift() };
  refused(() => new Coupling({ ...angles, conditioner: new MLP({ inputs: 2, outputs: 1, hidden: [], circular: [1] }) }), /Coupling: expected a conditioner that sees inputs 0, 1 as angles, got one that sees 1 so\. Pass `circular`/); // prettier-ignore
  const masked = new MaskedMLP({ features: 2, parametersPerFeature: 1, hidden: [4] });
  refused(() => new Autoregressive({ dims: 2, transform: new CircularShift(), conditioner: masked }), /Autoregressive: expected a conditioner that sees inputs 0, 1 as angles, got one that sees none so/); // prettier-ignore
  refused(() => new Coupling({ mask: [true, false], transform, conditioner }), /Coupling\.transform: expected one transform, or a list of 2/); // prettier-ignore
  refused(() => new MLP({ inputs: 2, outputs: 1, hidden: [], circular: [2] }), /MLP\.circular: expected different indices of inputs, from 0 to 1, got \[2\]/); // prettier-ignore
  refused(() => new MaskedMLP({ features: 2, parametersPerFeature: 1, hidden: [4], circular: [1, 1] }), /MaskedMLP\.circular/); // prettier-ignore
  refused(() => new Standardize({ eventShape: [2], coordinates: [2] }), /Standardize\.coordinates: expected indices from 0 to 1, got 2/); // prettier-ignore
  refused(() => new Standardize({ mean: [0], std: [1], coordinates: [0] }), /no coordinates beside `mean` and `std`/);
});
