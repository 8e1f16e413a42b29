import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { EquivariantField, RadialField, RandomStream, type VectorField } from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { shake } from './samples.js';

const POINTS = 5;
const TYPES = [0, 0, 1, 0, 1];

const FIELDS: Record<string, () => VectorField> = {
  EquivariantField: () => new EquivariantField({ points: POINTS, hidden: 8 }),
  'EquivariantField with types': () => new EquivariantField({ points: POINTS, hidden: 8, types: TYPES }),
  RadialField: () => new RadialField({ points: POINTS, radialBases: 8, timeBases: 4 }),
};

for (const [name, make] of Object.entries(FIELDS)) {
  onEachBackend(test, `${name}: turns and moves with the cloud, whose mean it keeps`, (t) => {
    tf.tidy(() => {
      const [field, z, times] = problem(make);
      const velocity = field.apply(times, z);
      t.true(tf.max(tf.abs(velocity)).dataSync()[0] > 0.1);
      assertClose(t, tf.sum(velocity, 1), tf.zeros([4, 3]), 1e-5, 'mean');
      assertClose(t, field.apply(times, turned(z)), turned(velocity), 1e-5, 'rotation');
      assertClose(t, field.apply(times, tf.neg(z)), tf.neg(velocity), 1e-5, 'reflection');
      assertClose(t, field.apply(times, tf.add(z, tf.tensor1d([1, -2, 0.5]))), velocity, 1e-5, 'translation');
      const divergence = (at: Tensor) => field.rates(times, tf.reshape(at, [4, -1]), null, null, ['divergence'])[1];
      assertClose(t, divergence(turned(z)), divergence(z), 1e-4, 'divergence');
      field.dispose();
    });
  });

  onEachBackend(test, `${name}: goes with the order of points of one kind`, (t) => {
    tf.tidy(() => {
      const [field, z, times] = problem(make);
      const velocity = field.apply(times, z);
      const reorder = (x: Tensor, order: number[]) => tf.gather(x, tf.tensor1d(order, 'int32'), 1);
      const withinKinds = [3, 0, 4, 1, 2];
      assertClose(t, field.apply(times, reorder(z, withinKinds)), reorder(velocity, withinKinds), 1e-5);
      const acrossKinds = [2, 1, 0, 3, 4];
      const gap = tf.max(tf.abs(tf.sub(field.apply(times, reorder(z, acrossKinds)), reorder(velocity, acrossKinds))));
      t.is(gap.dataSync()[0] > 1e-3, name.endsWith('types'));
      field.dispose();
    });
  });

  onEachBackend(test, `${name}: points that meet do not move each other, and have derivatives`, (t) => {
    tf.tidy(() => {
      const [field] = problem(make);
      const z = tf.zeros([1, POINTS * 3]);
      const [velocity, divergence] = field.rates(tf.fill([1, 1], 0.3), z, null, null, ['divergence']);
      t.true(velocity.dataSync().every((value) => value === 0)); // prettier-ignore
      t.true(Number.isFinite(divergence.dataSync()[0]));
      field.dispose();
    });
  });
}

onEachBackend(test, 'two points attract and repel each other as the radial kernel says', (t) => {
  tf.tidy(() => {
    const field = new RadialField({ points: 2, spatialDims: 2, radialBases: 3, reach: 4, timeBases: 2, duration: 1 });
    const weights = [0.5, -1, 0.25, 1, 0.3, -0.7];
    field.parameters[0].variable.assign(tf.tensor2d(weights, [2, 3]));
    const [distance, time] = [2.5, 0.3];
    const kernel = (d: number) =>
      weights.reduce((sum, weight, at) => {
        const [l, k] = [Math.floor(at / 3), at % 3];
        return sum + weight * Math.exp(-0.5 * ((d - 2 * k) / 2) ** 2) * Math.exp(-0.5 * (time - l) ** 2);
      }, 0);
    const z = tf.tensor2d([[1.5, 2, 0, 0]]);
    const [velocity, divergence] = field.rates(tf.fill([1, 1], time), z, null, null, ['divergence']);
    const force = kernel(distance);
    assertClose(t, velocity, [1.5 * force, 2 * force, -1.5 * force, -2 * force], 1e-5);
    const slope = (kernel(distance + 1e-5) - kernel(distance - 1e-5)) / 2e-5;
    assertClose(t, divergence, [2 * (2 * force + distance * slope)], 1e-5);
    field.dispose();
  });
});

/** A shaken field, clouds and times. */
function problem(make: () => VectorField): [VectorField, Tensor, Tensor] {
  const field = make();
  shake(field, 0.2);
  const stream = new RandomStream('clouds');
  return [field, stream.split('z').normalTensor([4, POINTS, 3]), stream.split('t').uniformTensor([4, 1])];
}

/** Turned about an axis that is none of the coordinates. */
function turned(x: Tensor): Tensor {
  const [a, b] = [0.6, 0.8];
  const first = tf.tensor2d([[a, -b, 0], [b, a, 0], [0, 0, 1]]); // prettier-ignore
  const second = tf.tensor2d([[1, 0, 0], [0, b, -a], [0, a, b]]); // prettier-ignore
  return tf.reshape(tf.matMul(tf.reshape(x, [-1, 3]), tf.matMul(first, second)), x.shape);
}
