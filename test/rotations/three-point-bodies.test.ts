import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { placeAtoms, ready, threePointAtoms, threePointBody, UniformBodies } from '../../src/index.js';
import { tangents } from '../contract/spheres.js';
import { logAbsDet } from '../contract/numerics.js';
import { assertClose } from '../support/close.js';
import { golden } from '../support/golden.js';

test.before(() => ready({ backend: 'wasm' }));

interface BodyCase {
  q: number[];
  p: number[];
  r0: number;
  r1: number;
  angle: number;
  points: number[][];
  logdet: number;
}

test('three atoms and their pose are those of the reference', (t) => {
  for (const { q, p, r0, r1, angle, points, logdet } of golden<BodyCase>('rigid_body').cases) {
    tf.tidy(() => {
      const [atoms, there] = threePointAtoms(tf.tensor1d([...p, ...q]), tf.tensor1d([r0, r1, angle]));
      assertClose(t, atoms, points.flat(), 3e-6, 'atoms');
      assertClose(t, there, [logdet], 1e-5, 'volume');
      const { pose, shape, logVolume } = threePointBody(tf.tensor2d(points));
      const numbers = Array.from(pose.dataSync());
      const sign = Math.sign(q.reduce((sum, entry, i) => sum + entry * numbers[3 + i], 0));
      assertClose(t, numbers, [...p, ...q.map((entry) => sign * entry)], 1e-5, 'pose');
      assertClose(t, shape, [r0, r1, angle], 1e-5, 'shape');
      assertClose(t, logVolume, [logdet], 1e-5, 'volume back');
    });
  }
});

test('both ways, for a batch of boxes of bodies', (t) => {
  tf.tidy(() => {
    const poses = new UniformBodies({ bodies: 4, box: [1, 2, 3] }).sample(5, { seed: 'poses' });
    const water = tf.mul(tf.ones([5, 4, 1]), [[[0.09572, 0.09572, 1.82421813418]]]);
    const [atoms, there] = threePointAtoms(poses, water);
    t.deepEqual([atoms.shape, there.shape], [[5, 4, 3, 3], [5, 4]]); // prettier-ignore
    const { pose, shape } = threePointBody(atoms);
    assertClose(t, shape, water, 1e-5);
    const again = placeAtoms(pose, tf.tensor2d([[0, 0, 0], [0, 0, 0.09572], [0.09572 * Math.sin(1.82421813418), 0, 0.09572 * Math.cos(1.82421813418)]])); // prettier-ignore
    assertClose(t, again, atoms, 2e-6);
    // A quaternion and its negative are one rotation.
    const flipped = placeAtoms(tf.mul(poses, [1, 1, 1, -1, -1, -1, -1]), tf.ones([1, 3]));
    assertClose(t, flipped, placeAtoms(poses, tf.ones([1, 3])), 1e-6);
  });
});

test('the volume is that of the dense Jacobian across quaternions', (t) => {
  const numbers = Float32Array.of(0.3, -0.2, 1, 0.5, -0.5, 0.1, 0.7, 0.8, 1.3, 1.9);
  tf.tidy(() => {
    const input = tf.tensor1d(numbers);
    const atoms = (x: Tensor) => tf.reshape(threePointAtoms(tf.slice(x, 0, 7), tf.slice(x, 7, 3))[0], [9]);
    const rows = Array.from({ length: 9 }, (_, i) => tf.grad((x: Tensor) => tf.squeeze(tf.slice(atoms(x), i, 1)))(input).dataSync()); // prettier-ignore
    const directions = tangents(numbers, 10, [3, 7]);
    const jacobian = rows.map((row) => Float32Array.from(directions, (direction) => direction.reduce((sum, value, i) => sum + value * row[i], 0))); // prettier-ignore
    const [, logVolume] = threePointAtoms(tf.slice(input, 0, 7), tf.slice(input, 7, 3));
    assertClose(t, logVolume, [logAbsDet(jacobian)], 1e-5);
  });
});
