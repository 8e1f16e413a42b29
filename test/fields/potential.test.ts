import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { FlowShapeError, PotentialField, RandomStream } from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { shake } from './samples.js';

const ALPHA = 1.7;

/** A shaken field with points, times and contexts. */
function problem(layers: number, contextShape: number[] | null = null) {
  const field = new PotentialField({ dims: 3, hidden: 6, layers, alpha: ALPHA, contextShape });
  shake(field);
  const stream = new RandomStream('potential');
  const z = stream.split('z').normalTensor([5, 3]);
  const t = stream.split('t').uniformTensor([5, 1]);
  const context = contextShape && stream.split('context').normalTensor([5, ...contextShape]);
  return { field, z, t, context };
}

for (const layers of [1, 2, 4]) {
  onEachBackend(test, `${layers} residual layers: velocity and trace are derivatives of the potential`, (t) => {
    tf.tidy(() => {
      const { field, z, t: time, context } = problem(layers, [2]);
      const slope = (at: Tensor) => tf.mul(tf.grad((x: Tensor) => tf.sum(field.potential(time, x, context)))(at), -1 / ALPHA); // prettier-ignore
      const [velocity, divergence] = field.rates(time, z, context, null, ['divergence']);
      assertClose(t, velocity, slope(z), 1e-5, 'velocity');
      const diagonal = [0, 1, 2].map((j) => {
        const component = (at: Tensor) => tf.sum(tf.slice(slope(at), [0, j], [-1, 1]));
        return tf.slice(tf.grad(component)(z), [0, j], [-1, 1]);
      });
      assertClose(t, divergence, tf.sum(tf.concat(diagonal, 1), 1), 1e-5, 'trace');
      field.dispose();
    });
  });

  onEachBackend(test, `${layers} residual layers: the residual has the time derivative of the potential`, (t) => {
    tf.tidy(() => {
      const { field, z, t: time } = problem(layers);
      const [velocity, hjb] = field.rates(time, z, null, null, ['hjb']);
      const step = 0.02;
      const at = (h: number) => field.potential(tf.add(time, h), z);
      const wide = tf.div(tf.sub(at(2 * step), at(-2 * step)), 4 * step);
      const narrow = tf.div(tf.sub(at(step), at(-step)), 2 * step);
      const slope = tf.div(tf.sub(tf.mul(narrow, 4), wide), 3);
      const kinetic = tf.sum(tf.square(velocity), 1);
      assertClose(t, hjb, tf.abs(tf.sub(slope, tf.mul(kinetic, ALPHA / 2))), 2e-4);
      field.dispose();
    });
  });
}

onEachBackend(test, 'Φ = b·z + c t moves all points alike, and is optimal when c = |b|²/(2α)', (t) => {
  tf.tidy(() => {
    const { field, z, t: time } = problem(1);
    const b = [0.4, -1, 0.6];
    const c = b.reduce((sum, entry) => sum + entry ** 2, 0) / (2 * ALPHA);
    for (const { path, variable } of field.parameters) {
      variable.assign(path === 'linear' ? tf.tensor1d([...b, c]) : tf.zerosLike(variable));
    }
    const [velocity, ...rates] = field.rates(time, z, null, null, ['hjb', 'kinetic', 'divergence']);
    assertClose(t, velocity, Array(5).fill(b.map((entry) => -entry / ALPHA)).flat() as number[], 1e-6); // prettier-ignore
    assertClose(t, rates[0], Array<number>(5).fill(0), 1e-6);
    assertClose(t, rates[1], Array<number>(5).fill((2 * c) / ALPHA), 1e-6);
    assertClose(t, rates[2], Array<number>(5).fill(0), 1e-6);
    field.dispose();
  });
});

onEachBackend(test, 'a quadratic potential contracts as its matrix says', (t) => {
  tf.tidy(() => {
    const field = new PotentialField({ dims: 2, hidden: 3, rank: 2, alpha: 2 });
    for (const { path, variable } of field.parameters) {
      // Transposed A: rows of z_1, z_2 and t.
      variable.assign(path === 'quadratic' ? tf.tensor2d([1, 0, 0, 3, 0, 0], [3, 2]) : tf.zerosLike(variable));
    }
    const [velocity, divergence, jacobian] = field.rates(tf.zeros([1, 1]), tf.tensor2d([[1, 1]]), null, null, [
      'divergence',
      'jacobian',
    ]);
    assertClose(t, velocity, [-0.5, -4.5], 1e-6);
    assertClose(t, divergence, [-5], 1e-6);
    assertClose(t, jacobian, [0.25 + 4.5 ** 2], 1e-6);
    field.dispose();
  });
});

onEachBackend(test, 'the potential takes batches of every shape and refuses others', (t) => {
  tf.tidy(() => {
    const { field } = problem(2);
    const z = new RandomStream(3).normalTensor([2, 4, 3]);
    const all = field.potential(0.3, z);
    t.deepEqual(all.shape, [2, 4]);
    assertClose(t, field.potential(0.3, tf.reshape(tf.slice(z, [1, 2, 0], [1, 1, 3]), [3])), [all.dataSync()[6]], 1e-6);
    t.deepEqual(field.potential(0.3, tf.zeros([0, 3])).shape, [0]);
    t.throws(() => field.potential(0.3, tf.zeros([2, 4])), {
      instanceOf: FlowShapeError,
      message: /^PotentialField\.potential: expected points of shape \[\.\.\., 3\], got \[2, 4\]/,
    });
    t.throws(() => field.potential(tf.zeros([3, 1]), tf.zeros([2, 3])), {
      instanceOf: FlowShapeError,
      message: /^PotentialField\.potential: expected a number, a scalar, or a time a point/,
    });
    field.dispose();
  });
});
