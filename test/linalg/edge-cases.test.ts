import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { inverse, logAbsDet, lu, RandomStream, slogdet, solve } from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { identity, inverse64, slogdet64 } from '../support/float64-linalg.js';
import { errorOf } from '../support/linalg-cases.js';
import { assertEdgeCases, edgeCases, SINGULAR } from '../support/linalg-edges.js';

onEachBackend(test, 'matrices that are singular or not finite', async (t) => {
  assertEdgeCases(t, await edgeCases());
});

for (const { name, n, values } of SINGULAR) {
  onEachBackend(test, `singular: ${name}`, (t) => {
    tf.tidy(() => {
      const a = tf.tensor2d(values, [n, n]);
      const { sign, logAbsDet } = slogdet(a);
      t.deepEqual([sign.dataSync()[0], logAbsDet.dataSync()[0]], [0, -Infinity]);
      t.true(inverse(a).dataSync().every(Number.isNaN));
      t.true(
        solve(a, tf.ones([n]))
          .dataSync()
          .every(Number.isNaN),
      );
      const { upper } = lu(a);
      t.true(tf.min(tf.abs(tf.sum(tf.mul(upper, tf.eye(n)), 1))).dataSync()[0] === 0, 'a pivot is zero');
    });
  });
}

onEachBackend(test, 'entries far apart in size are not taken for singular', (t) => {
  tf.tidy(() => {
    const graded = tf.tensor2d([1e-20, 0, 0, 1, 1e-20, 0, 1e20, 1, 1e20], [3, 3]);
    const { sign, logAbsDet } = slogdet(graded);
    assertClose(t, logAbsDet, [-20 * Math.log(10)], 1e-6);
    t.is(sign.dataSync()[0], 1);
    assertClose(t, logAbsDet, slogdet(tf.transpose(graded)).logAbsDet, 1e-6);
    assertClose(t, slogdet(tf.mul(tf.eye(40), 1e-30)).logAbsDet, [-1200 * Math.log(10)], 1e-6);
    assertClose(t, slogdet(tf.mul(tf.eye(40), 1e30)).logAbsDet, [1200 * Math.log(10)], 1e-6);
  });
});

onEachBackend(test, 'ill-conditioned matrices: the digits that float32 entries determine', (t) => {
  tf.tidy(() => {
    // Of Hilbert, rounded to float32; the condition of the last is about 1e8.
    for (const n of [3, 4, 5, 6]) {
      const values = Float32Array.from({ length: n * n }, (_, at) => 1 / (Math.floor(at / n) + (at % n) + 1));
      const a = tf.tensor2d(values, [n, n]);
      const exact = slogdet64(values, n);
      assertClose(t, slogdet(a).logAbsDet, [exact.logAbsDet], 1e-6);
      assertClose(t, slogdet(a).sign, [exact.sign], 0);
      t.true(errorOf(inverse(a).dataSync(), inverse64(values, n)) < 1e-6);
    }
  });
});

onEachBackend(test, 'without pivoting these would divide by zero or by nearly zero', (t) => {
  tf.tidy(() => {
    const swap = tf.tensor2d([0, 1, 1, 0], [2, 2]);
    assertClose(t, inverse(swap), swap, 0);
    assertClose(t, logAbsDet(swap), [0], 0);
    const small = tf.tensor2d([1e-12, 1, 1, 1], [2, 2]);
    assertClose(t, solve(small, tf.tensor1d([1, 2])), [1, 1], 1e-6);
  });
});

onEachBackend(
  test,
  'gradients of singular matrices are NaN, and those of their neighbours in the batch are not',
  (t) => {
    tf.tidy(() => {
      const regular = new RandomStream('regular').normalTensor([2, 2]);
      const a = tf.stack([regular, tf.ones([2, 2])]);
      for (const f of [logAbsDet, inverse, (x: tf.Tensor) => solve(x, tf.ones([2, 2]))]) {
        const gradient = tf.grad((x: tf.Tensor) => tf.sum(f(x)))(a).dataSync(); // prettier-ignore
        t.true(gradient.slice(0, 4).every(Number.isFinite));
        t.true(gradient.slice(4).every(Number.isNaN));
      }
    });
  },
);

onEachBackend(test, 'the sign has gradient zero', (t) => {
  tf.tidy(() => {
    const a = tf.tensor2d(identity(3), [3, 3]);
    assertClose(t, tf.grad((x: tf.Tensor) => tf.sum(slogdet(x).sign))(a), Array.from({ length: 9 }, () => 0), 0); // prettier-ignore
  });
});
