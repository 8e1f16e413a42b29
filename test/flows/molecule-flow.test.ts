import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  AlanineDipeptide,
  fit,
  FlowConfigError,
  FlowDataError,
  hasWrongChirality,
  InternalCoordinates,
  moleculeFlow,
  RandomStream,
  ready,
} from '../../src/index.js';
import { assertClose } from '../support/close.js';

const CHAIN = [[0], [1, 0], [2, 1, 0], [3, 2, 1, 0]];
/** Means and deviations of three bonds in nm and two angles. */
const MEANS = [0.1, 0.15, 0.12, 1.9, 1.8];
const DEVIATIONS = [0.003, 0.005, 0.004, 0.05, 0.08];

/** Molecules whose torsion is about ±2.6, across ±π, by a share of 0.3 about 2.6; turned and moved. */
function molecules(rows: number, seed: string): { x: Tensor; logDensity: Float64Array } {
  const stream = new RandomStream(seed);
  const q: number[] = [];
  const logDensity = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const noise = stream.normal(6);
    const torsion = (stream.next() < 0.3 ? 2.6 : -2.6) + 0.3 * noise[5];
    q.push(...stream.uniform(3, -1, 1), Math.acos(2 * stream.next() - 1), ...stream.uniform(2, -Math.PI, Math.PI));
    q.push(...MEANS.map((mean, i) => mean + DEVIATIONS[i] * noise[i]), torsion);
    const normals = DEVIATIONS.reduce((sum, deviation, i) => sum - Math.log(deviation) - noise[i] ** 2 / 2 - Math.log(2 * Math.PI) / 2, 0); // prettier-ignore
    const about = (centre: number) =>
      [-1, 0, 1].reduce((sum, turn) => sum + Math.exp(-(((torsion - centre + 2 * Math.PI * turn) / 0.3) ** 2) / 2), 0);
    const density = (0.3 * about(2.6) + 0.7 * about(-2.6)) / (0.3 * Math.sqrt(2 * Math.PI));
    logDensity[row] = normals + Math.log(density);
  }
  using placed = new InternalCoordinates({ zMatrix: CHAIN, placement: 'kept' });
  using shapes = new InternalCoordinates({ zMatrix: CHAIN });
  const x = tf.tidy(() => placed.forward(tf.tensor(q, [rows, 12])));
  const volumes = tf.tidy(() => shapes.inverseAndLogDet(x)[1].dataSync());
  return { x, logDensity: logDensity.map((value, row) => value + volumes[row]) };
}

test.serial('a chain of four atoms of a known density', async (t) => {
  await ready({ backend: 'wasm' });
  const train = molecules(6000, 'train');
  const held = molecules(2000, 'held');
  using flow = moleculeFlow({ zMatrix: CHAIN, data: train.x, layers: 4, hidden: [32], seed: 'chain' });
  t.deepEqual(flow.eventShape, [4, 3]);
  await fit(flow, train.x, { epochs: 12, batchSize: 256, learningRate: 3e-3, seed: 'chain' });
  tf.tidy(() => {
    const scores = flow.logProb(held.x).dataSync();
    const gap = held.logDensity.reduce((sum, value, i) => sum + value - scores[i], 0) / 2000;
    t.true(gap > -0.02 && gap < 0.15, `${gap} nats above the entropy`);
    const drawn = flow.sample(4000, { seed: 'draws' });
    using coordinates = new InternalCoordinates({ zMatrix: CHAIN });
    const rows = coordinates.inverse(drawn).arraySync() as number[][];
    const column = (i: number) => rows.map((row) => row[i]);
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    MEANS.forEach((expected, i) => {
      const [own, deviation] = [mean(column(i)), DEVIATIONS[i]];
      assertClose(t, [(own - expected) / deviation], [0], 0.15, `mean of coordinate ${i}`);
      assertClose(t, [Math.sqrt(mean(column(i).map((v) => (v - own) ** 2))) / deviation], [1], 0.12, `deviation of ${i}`); // prettier-ignore
    });
    const torsions = column(5);
    const share = (low: number, high: number) => mean(torsions.map((v) => (v > low && v < high ? 1 : 0)));
    assertClose(t, [share(1.6, 2.6), share(2.6, Math.PI), share(-2.6, -1.6), share(-1.6, 1.6)], [0.15, 0.144 + 0.013, 0.35, 0], 0.04, 'torsions'); // prettier-ignore
    // Turned and moved, a molecule has the same density.
    const turned = tf.add(tf.reverse(tf.mul(held.x, tf.tensor1d([1, 1, -1])), 2), 0.3);
    const mirrored = flow.logProb(tf.reverse(held.x, 2)).dataSync();
    assertClose(t, flow.logProb(turned), scores, 2e-2);
    t.true(Math.abs(mirrored[0] - scores[0]) > 1e-3);
  });
  tf.dispose([train.x, held.x]);
});

test.serial('from one molecule: shapes near it, in its form', async (t) => {
  await ready({ backend: 'wasm' });
  using molecule = new AlanineDipeptide();
  using flow = moleculeFlow({ zMatrix: AlanineDipeptide.zMatrix, reference: molecule.reference!, layers: 2, hidden: [8], bins: 4 }); // prettier-ignore
  tf.tidy(() => {
    const x = flow.sample(200, { seed: 1 });
    t.deepEqual(x.shape, [200, 22, 3]);
    t.false(hasWrongChirality(x, [AlanineDipeptide.chiralCentre]).includes(true));
    const scores = flow.logProb(x).dataSync();
    t.true(scores.every(Number.isFinite));
    const { bonds } = molecule.terms(x);
    t.true(tf.mean(bonds).dataSync()[0] < 60);
  });
});

test('molecules without scales or shape are refused', (t) => {
  const refuse = (options: object, message: RegExp) =>
    t.throws(() => moleculeFlow({ zMatrix: CHAIN, ...options }), { instanceOf: FlowConfigError, message });
  refuse({}, /moleculeFlow: expected either `data` or `reference`, .* got neither/);
  refuse({ reference: [0, 1] }, /moleculeFlow.reference: expected 12 coordinates, got 2/);
  t.throws(() => moleculeFlow({ zMatrix: CHAIN, reference: new Float32Array(12) }), { instanceOf: FlowDataError });
  t.throws(() => new InternalCoordinates({ zMatrix: CHAIN, torsionOffsets: [[1, 0]] }), {
    instanceOf: FlowConfigError,
    message: /torsionOffsets: expected angles for atoms with a torsion, got 0 for atom 1/,
  });
});
