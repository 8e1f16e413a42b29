import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  Affine,
  AngularCentralGaussian,
  ConditionalNormal,
  EinsteinCrystal,
  Flow,
  FlowConfigError,
  Laplace,
  Mixture,
  MultivariateNormal,
  Normal,
  Product,
  RandomStream,
  StudentT,
  Uniform,
  UniformBodies,
  UniformSphere,
  VonMises,
  type Distribution,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

/** `log p` of events given as rows. */
function logProbs(distribution: Distribution, rows: readonly (readonly number[])[]): number[] {
  return tf.tidy(() => {
    const events = tf.tensor(rows.flat(), [rows.length, ...distribution.eventShape]);
    return [...distribution.logProb(events).dataSync()];
  });
}

function draws(distribution: Distribution, n: number): Float32Array {
  return tf.tidy(() => distribution.sample(n, { seed: 'families' }).dataSync() as Float32Array);
}

const pathsOf = (distribution: Distribution) => distribution.parameters.map(({ path }) => path);

onEachBackend(test, 'a standard normal distribution holds no tensors', (t) => {
  const before = tf.memory().numTensors;
  const standard = Normal.standard([3]);
  t.is(tf.memory().numTensors, before);
  t.deepEqual(standard.getConfig(), { eventShape: [3], loc: 0, scale: 1, learnable: false });
  assertClose(t, logProbs(standard, [[0, 0, 0], [1, 2, -2]]), [0, -4.5].map((e) => e - 1.5 * Math.log(2 * Math.PI)), 1e-6); // prettier-ignore
});

onEachBackend(test, 'fixed numbers are no parameters, trained ones have names', (t) => {
  t.deepEqual(pathsOf(new Normal({ loc: [1, 2] })), []);
  t.deepEqual(pathsOf(new Laplace({ loc: [1, 2], learnable: true })), ['loc', 'logScale']);
  t.deepEqual(pathsOf(new StudentT({ df: [3], learnable: true, learnableDf: true })), ['loc', 'logScale', 'logDf']);
  t.deepEqual(pathsOf(new VonMises({ loc: [1], learnable: true })), ['loc', 'logConcentration']);
  const mixture = new Mixture({ components: [new Normal({ loc: [1], learnable: true }), Normal.standard([1])], learnable: true }); // prettier-ignore
  t.deepEqual(pathsOf(mixture), ['logits', '0.loc', '0.logScale']);
});

onEachBackend(test, 'an event may be a single number', (t) => {
  tf.tidy(() => {
    for (const scalar of [
      new Normal({ eventShape: [], loc: 1 }),
      new Uniform({ eventShape: [] }),
      new VonMises({ eventShape: [] }),
    ]) {
      // prettier-ignore
      t.deepEqual(scalar.sample(4, { seed: 0 }).shape, [4]);
      t.deepEqual(scalar.logProb(tf.zeros([2, 3])).shape, [2, 3]);
      t.deepEqual(scalar.logProb(tf.scalar(0.5)).shape, []);
    }
  });
});

onEachBackend(test, 'StudentT with many degrees of freedom is normal, without loss of digits', (t) => {
  const rows = [[0], [0.5], [-2], [5]];
  const normal = logProbs(new Normal({ eventShape: [1], loc: 0.1, scale: 0.7 }), rows);
  for (const df of [1e7, 1e8]) {
    const fixed = new StudentT({ eventShape: [1], df, loc: 0.1, scale: 0.7 });
    const trained = new StudentT({ eventShape: [1], df, loc: 0.1, scale: 0.7, learnableDf: true });
    assertClose(t, logProbs(fixed, rows), normal, 1e-5);
    assertClose(t, logProbs(trained, rows), normal, 1e-5);
  }
});

onEachBackend(test, 'Uniform holds its ends and nothing beyond', (t) => {
  const box = new Uniform({ low: [-1, 0], high: [1, 0.5] });
  t.deepEqual(logProbs(box, [[-1, 0], [1, 0.5], [0, 0.2]]), [0, 0, 0]); // prettier-ignore
  t.deepEqual(logProbs(box, [[1.001, 0.2], [0, -1e-6], [1e4, 1e4], [-5, 9]]), Array(4).fill(-Infinity)); // prettier-ignore
  const [low, high] = [1, 1 + 2 ** -22];
  const narrow = draws(new Uniform({ eventShape: [1], low, high }), 200);
  t.true(narrow.every((x) => x >= low && x <= high));
});

onEachBackend(test, 'VonMises is periodic', (t) => {
  const circle = new VonMises({ eventShape: [1], loc: 3, concentration: 2 });
  const turn = 2 * Math.PI;
  const angles = [-3, -1, 0.5, 3.1];
  const around = (shift: number) => logProbs(circle, angles.map((angle) => [angle + shift])); // prettier-ignore
  assertClose(t, around(turn), around(0), 2e-6);
  assertClose(t, around(-3 * turn), around(0), 5e-6);
});

onEachBackend(test, 'VonMises runs from uniform to normal', (t) => {
  const flat = new VonMises({ eventShape: [1], concentration: 1e-7 });
  assertClose(t, logProbs(flat, [[0], [2], [-3]]), Array(3).fill(-Math.log(2 * Math.PI)), 1e-6);
  const mean = (values: Float32Array, f: (x: number) => number) => values.reduce((sum, x) => sum + f(x), 0) / values.length; // prettier-ignore
  t.true(Math.abs(mean(draws(flat, 4000), Math.cos)) < 0.05);
  t.true(Math.abs(mean(draws(flat, 4000), (x) => x * x) - Math.PI ** 2 / 3) < 0.25);
  for (const concentration of [1e3, 1e5, 1e8]) {
    const sharp = new VonMises({ eventShape: [1], concentration });
    const normal = new Normal({ eventShape: [1], scale: concentration ** -0.5 });
    const rows = [[0], [concentration ** -0.5], [-2 * concentration ** -0.5]];
    assertClose(t, logProbs(sharp, rows), logProbs(normal, rows), 1e-3);
    t.true(Math.abs(mean(draws(sharp, 4000), (x) => x * x * concentration) - 1) < 0.12);
  }
});

onEachBackend(test, 'MultivariateNormal: a covariance and its factor, fixed and trained, are one density', (t) => {
  const covariance = [[4, 2, 0.4], [2, 5, -1], [0.4, -1, 3]]; // prettier-ignore
  const a = [1, 2, -0.4 / 2 - 1 / 2];
  const scaleTril = [[2, 0, 0], [a[0], 2, 0], [0.2, -0.6, Math.sqrt(3 - 0.04 - 0.36)]]; // prettier-ignore
  const rows = [[0, 0, 0], [1, -2, 3], [40, 10, -7]]; // prettier-ignore
  const expected = logProbs(new MultivariateNormal({ covariance, loc: [0, 1, 2] }), rows);
  for (const learnable of [false, true]) {
    assertClose(t, logProbs(new MultivariateNormal({ covariance, loc: [0, 1, 2], learnable }), rows), expected, 1e-5);
    assertClose(t, logProbs(new MultivariateNormal({ scaleTril, loc: [0, 1, 2], learnable }), rows), expected, 1e-5);
  }
});

onEachBackend(test, 'MultivariateNormal: a diagonal covariance gives independent coordinates', (t) => {
  const dims = 12;
  const scale = Array.from({ length: dims }, (_, i) => 0.2 * (i + 1));
  const covariance = scale.map((s, i) => scale.map((_, j) => (i === j ? s * s : 0)));
  const rows = [Array<number>(dims).fill(0.3), Array.from({ length: dims }, (_, i) => i - 5)];
  const expected = logProbs(new Normal({ eventShape: [dims], scale }), rows);
  assertClose(t, logProbs(new MultivariateNormal({ covariance }), rows), expected, 1e-5);
  assertClose(t, logProbs(new MultivariateNormal({ covariance, learnable: true }), rows), expected, 1e-5);
});

onEachBackend(test, 'MultivariateNormal: draws have the covariance', (t) => {
  const covariance = [[1, 0.2, -0.3], [0.2, 2, 0.4], [-0.3, 0.4, 0.5]]; // prettier-ignore
  const n = 20000;
  const x = draws(new MultivariateNormal({ covariance, loc: 5 }), n);
  const estimate = covariance.map((row, i) =>
    row.map((_, j) => {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += (x[3 * k + i] - 5) * (x[3 * k + j] - 5);
      return sum / n;
    }),
  );
  assertClose(t, estimate.flat(), covariance.flat(), 0.06);
});

onEachBackend(test, 'Mixture is the weighted sum of its densities', (t) => {
  const parts = () => [new Normal({ loc: [-2], scale: 0.5 }), new Laplace({ loc: [1] })];
  const rows = [[-3], [0], [1], [200]];
  const [first, second] = parts().map((part) => logProbs(part, rows));
  const expected = rows.map((_, i) => Math.log(0.25 * Math.exp(first[i]) + 0.75 * Math.exp(second[i])));
  const finite = (values: number[]) => values.slice(0, 3);
  for (const options of [{ weights: [1, 3] }, { logits: [0, Math.log(3)] }, { logits: [50, 50 + Math.log(3)] }]) {
    const mixture = logProbs(new Mixture({ components: parts(), ...options }), rows);
    assertClose(t, finite(mixture), finite(expected), 2e-6);
    assertClose(t, [mixture[3]], [second[3] + Math.log(0.75)], 1e-6, 'far out, where the densities underflow');
  }
});

onEachBackend(test, 'Mixture of boxes has density zero between them, and gradient zero', (t) => {
  const components = [new Uniform({ low: [0], high: [1] }), new Uniform({ low: [3], high: [5] })];
  const mixture = new Mixture({ components, learnable: true });
  assertClose(t, logProbs(mixture, [[0.5], [4]]), [Math.log(0.5), Math.log(0.25)], 1e-6);
  t.deepEqual(logProbs(mixture, [[2], [-1]]), [-Infinity, -Infinity]);
  tf.tidy(() => {
    const x = tf.tensor2d([0.5, 2], [2, 1]);
    const { grads } = tf.variableGrads(() => tf.sum(tf.slice(mixture.logProb(x), 0, 1)), mixture.trainableVariables);
    assertClose(t, Object.values(grads)[0], [0.5, -0.5], 1e-6);
    const { grads: all } = tf.variableGrads(() => tf.sum(mixture.logProb(x)), mixture.trainableVariables);
    assertClose(t, Object.values(all)[0], [0.5, -0.5], 1e-6);
  });
});

onEachBackend(test, 'Mixture draws components by weight and keeps contexts with their rows', (t) => {
  tf.tidy(() => {
    const components = [0, 1].map(() => new ConditionalNormal({ eventShape: [1], contextShape: [1] }));
    components.forEach(({ parameters: [kernel, bias] }, k) => {
      kernel.variable.assign(tf.tensor2d([[1000, 0]]));
      bias.variable.assign(tf.tensor1d([k === 0 ? 200 : -200, 0]));
    });
    const mixture = new Mixture({ components, weights: [1, 4] });
    const n = 2000;
    const x = mixture.sample(n, { seed: 3, context: tf.reshape(tf.range(0, n), [n, 1]) }).dataSync();
    const offsets = Array.from(x, (value, row) => value - 1000 * row);
    t.true(offsets.every((offset) => Math.abs(Math.abs(offset) - 200) < 10));
    const fraction = offsets.filter((offset) => offset > 0).length / n;
    t.true(Math.abs(fraction - 0.2) < 0.045, `${fraction} of the draws from the first component`);
  });
});

onEachBackend(test, 'Product adds up log densities of consecutive coordinates', (t) => {
  const factors = () => [new Normal({ loc: [1, 2] }), new VonMises({ eventShape: [1] }), new Uniform({ eventShape: [2, 1] })]; // prettier-ignore
  const rows = [[0, 1, 2, 0.3, 0.4], [1, 1, -1, 0.3, 1.4]]; // prettier-ignore
  const [normal, circle, box] = factors();
  const expected = rows.map(
    (row) => logProbs(normal, [row.slice(0, 2)])[0] + logProbs(circle, [row.slice(2, 3)])[0] + logProbs(box, [row.slice(3)])[0], // prettier-ignore
  );
  const product = new Product({ factors: factors() });
  assertClose(t, logProbs(product, rows), expected, 1e-6);
  t.is(expected[1], -Infinity);
  t.deepEqual(product.eventShape, [5]);
  t.deepEqual(product.support, [-Infinity, Infinity]);
});

onEachBackend(test, 'ConditionalNormal starts standard, and follows its context', (t) => {
  tf.tidy(() => {
    const conditional = new ConditionalNormal({ eventShape: [2], contextShape: [3] });
    const x = new RandomStream(1).normalTensor([4, 2]);
    const context = new RandomStream(2).normalTensor([4, 3]);
    assertClose(t, conditional.logProb(x, { context }), Normal.standard([2]).logProb(x), 1e-6);
    const [kernel, bias] = conditional.parameters;
    kernel.variable.assign(tf.tensor2d([[1, 0, 0, 0], [0, 2, 0, 0], [0, 0, 0.01, -0.01]])); // prettier-ignore
    bias.variable.assign(tf.tensor1d([0, 1, 0, 0]));
    const given = conditional.logProb(x, { context: tf.tensor1d([3, 4, 5]) });
    const expected = new Normal({ loc: [3, 9], scale: [Math.exp(0.05), Math.exp(-0.05)] });
    assertClose(t, given, expected.logProb(x), 1e-4);
  });
});

onEachBackend(test, 'a temperature scales normal noise, and flows pass it to their base', (t) => {
  tf.tidy(() => {
    const cold = { seed: 4, temperature: 0.5 };
    const usual = { seed: 4 };
    const normal = new Normal({ loc: [3, -1], scale: [2, 0.1] });
    const [x, y] = [normal.sample(100, cold), normal.sample(100, usual)];
    const centre = tf.tensor1d([3, -1]);
    assertClose(t, tf.sub(x, centre), tf.mul(tf.sub(y, centre), 0.5), 1e-6);

    const build = (base: Distribution) => new Flow({ base, bijector: new Affine({ shift: [1], scale: [3] }) });
    const flow = build(Normal.standard([1]));
    assertClose(t, tf.sub(flow.sample(9, cold), 1), tf.mul(tf.sub(flow.sample(9, usual), 1), 0.5), 1e-6);
    const error = t.throws(() => build(new Uniform({ eventShape: [1] })).sample(9, cold), { instanceOf: FlowConfigError }); // prettier-ignore
    t.is(error.message, 'Flow.sample: expected temperature 1, got 0.5. Draws of Flow have no scale about a centre; leave `temperature` out.'); // prettier-ignore
  });
});

onEachBackend(test, 'rigid bodies: positions and rotations of the density that is theirs', (t) => {
  const m = [0.5, -0.5, 0.1, 0.7];
  const crystal = new EinsteinCrystal({ sites: [[0.1, 0.2, 0.9]], spread: 0.3, orientations: [m], rotationSpread: 0.4, box: [1, 2, 3] }); // prettier-ignore
  const gas = new UniformBodies({ bodies: 1, box: [1, 2, 3] });
  const about = AngularCentralGaussian.around(m, 0.4);
  const wrapped = (d: number, length: number) => Array.from({ length: 17 }, (_, k) => k - 8).reduce((sum, k) => sum + Math.exp(-0.5 * ((d + k * length) / 0.3) ** 2), 0) / (0.3 * Math.sqrt(2 * Math.PI)); // prettier-ignore
  tf.tidy(() => {
    const q = new UniformSphere({ dims: 4 }).sample(8, { seed: 'rotations' });
    const p = new RandomStream('positions').uniformTensor([8, 3], -4, 4);
    const at = (positions: tf.Tensor, rotations: tf.Tensor) => tf.reshape(tf.concat([positions, rotations], 1), [8, 1, 7]); // prettier-ignore
    const rows = p.arraySync() as number[][];
    const places = rows.map(([x, y, z]) => Math.log(wrapped(x - 0.1, 1) * wrapped(y - 0.2, 2) * wrapped(z - 0.9, 3)));
    assertClose(t, crystal.logProb(at(p, q)), tf.add(about.logProb(q), places), 2e-5);
    assertClose(t, crystal.logProb(at(p, q)), crystal.logProb(at(tf.add(p, [-2, 2, 3]), tf.neg(q))), 2e-5);
    assertClose(t, gas.logProb(at(p, q)), Array<number>(8).fill(-Math.log(6 * 2 * Math.PI ** 2)), 1e-6);
    // Draws: moments of the rotation about its centre and of the position, within five standard errors.
    const draws = tf.reshape(crystal.sample(4000, { seed: 'draws' }), [4000, 7]);
    const moved = tf.sub(tf.slice(draws, [0, 0], [-1, 3]), [[0.1, 0.2, 0.9]]);
    assertClose(t, tf.mean(tf.square(moved), 0), [0.09, 0.09, 0.09], 5 * 0.09 * Math.sqrt(2 / 4000));
    const alignment = (rotations: tf.Tensor) => tf.mean(tf.square(tf.sum(tf.mul(rotations, m), 1)));
    assertClose(t, alignment(tf.slice(draws, [0, 3], [-1, 4])), alignment(about.sample(4000, { seed: 'own' })), 0.03);
  });
});

onEachBackend(test, 'an Einstein crystal with rotations spread by 1 is a plastic one', (t) => {
  const sites = [[0, 0, 0], [1, 0, 0]]; // prettier-ignore
  const free = new EinsteinCrystal({ sites, spread: 0.2 });
  const wide = new EinsteinCrystal({ sites, spread: 0.2, orientations: [[1, 0, 0, 0], [0, 0, 3, 0]], rotationSpread: 1 }); // prettier-ignore
  tf.tidy(() => {
    const x = free.sample(6, { seed: 0 });
    assertClose(t, wide.logProb(x), free.logProb(x), 1e-5);
  });
});
