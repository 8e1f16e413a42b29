import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  ready,
  rotationExp,
  rotationMatrix,
  quaternionOf,
  SphereMoebius,
  SymmetrizedMoebius,
} from '../../src/index.js';
import { assertClose } from '../support/close.js';
import { golden } from '../support/golden.js';

test.before(() => ready({ backend: 'wasm' }));

interface SphereCase {
  D: number;
  q: number[];
  x: number[][];
  y: number[][];
  logdet: number[];
}

/** Raw parameters of a pole: `w = 0.95 v/(1 + |v|)`, `v = raw σ(gate - 3)`, with an open gate. */
function rawPole(w: readonly number[]): number[] {
  const length = Math.hypot(...w);
  return [...w.map((entry) => entry / (0.95 - length)), 100];
}

for (const family of ['moebius', 'double_moebius'] as const) {
  test(`${family}: values and areas are those of the reference`, (t) => {
    for (const [i, { D, q, x, y, logdet }] of golden<SphereCase>(family).cases.entries()) {
      if (Math.hypot(...q) >= 0.95) continue;
      t.true(x.length > 0);
      const transform = family === 'moebius' ? new SphereMoebius({ dims: D }) : new SymmetrizedMoebius({ dims: D });
      tf.tidy(() => {
        const raw = tf.tensor2d(x.map(() => rawPole(q)));
        const forward = transform.forward(tf.tensor2d(x), raw);
        assertClose(t, forward.value.dataSync(), y.flat(), 2e-6, `case ${i}, value`);
        assertClose(t, forward.logDet.dataSync(), logdet, 1e-5, `case ${i}, area`);
        const inverse = transform.inverse(tf.tensor2d(y), raw);
        assertClose(t, inverse.value.dataSync(), x.flat(), 5e-6, `case ${i}, inverse`);
        assertClose(t, inverse.logDet.dataSync(), logdet.map((l) => -l), 5e-5, `case ${i}, area of the inverse`); // prettier-ignore
      });
    }
  });
}

interface RotationCase {
  omega: number[];
  R: number[][];
  q: number[];
  logdet: number;
}

test('rotation vectors: quaternions, matrices and the Haar measure are those of the reference', (t) => {
  for (const { omega, R, q, logdet } of golden<RotationCase>('so3_exp').cases) {
    tf.tidy(() => {
      const [quaternion, density] = rotationExp(tf.tensor2d([omega]));
      assertClose(t, quaternion.dataSync(), q, 1e-6, 'quaternion');
      assertClose(t, density.dataSync(), [logdet], 1e-5, 'density');
      assertClose(t, rotationMatrix(quaternion).dataSync(), R.flat(), 2e-6, 'matrix');
      const back = Array.from(quaternionOf(tf.tensor2d([R.flat()])).dataSync());
      const sign = Math.sign(back.reduce((sum, entry, i) => sum + entry * q[i], 0));
      assertClose(t, back.map((entry) => sign * entry), q, 1e-6, 'quaternion of the matrix'); // prettier-ignore
    });
  }
});
