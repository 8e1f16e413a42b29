import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { inverse, logAbsDet, lu, RandomStream, slogdet, solve, triangularSolve } from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { identity, parity } from '../support/float64-linalg.js';

const SIZES = [1, 2, 3, 8, 16, 33, 64];

/** Random matrices with 2 added to the diagonal. */
function matrices(n: number, count: number, seed: string): Tensor {
  const noise = new RandomStream(`${seed} ${n}`).normalTensor([count, n, n]);
  return tf.add(tf.div(noise, Math.sqrt(n)), tf.mul(tf.eye(n), 2));
}

/** A random permutation and its matrix, whose row `i` has its one in column `order[i]`. */
function permutationMatrix(n: number, stream: RandomStream): { order: number[]; matrix: Tensor } {
  const keys = stream.uniform(n);
  const order = Array.from(keys, (_, i) => i).sort((a, b) => keys[a] - keys[b]);
  return { order, matrix: tf.gather(tf.eye(n), tf.tensor1d(order, 'int32')) };
}

for (const n of SIZES) {
  onEachBackend(test, `inverse, solve and lu undo a product, n = ${n}`, (t) => {
    tf.tidy(() => {
      const a = matrices(n, 3, 'undo');
      const b = new RandomStream('b').normalTensor([3, n, 2]);
      const eye = Array.from({ length: 3 }, () => identity(n)).flat();
      assertClose(t, tf.matMul(a, inverse(a)), eye, 1e-5, 'A A⁻¹');
      assertClose(t, tf.matMul(inverse(a), a), eye, 1e-5, 'A⁻¹ A');
      assertClose(t, solve(a, tf.matMul(a, b)), b, 2e-5, 'solve');
      assertClose(t, solve(a, tf.matMul(a, b, true), { adjoint: true }), b, 2e-5, 'adjoint');
      const { lower, upper, permutation } = lu(a);
      const rows = tf.stack(tf.unstack(a).map((matrix, i) => tf.gather(matrix, tf.gather(permutation, i))));
      assertClose(t, tf.matMul(lower, upper), rows, 1e-5, 'L U');
      assertClose(t, tf.linalg.bandPart(lower, -1, 0), lower, 0, 'L is lower triangular');
      assertClose(t, tf.linalg.bandPart(upper, 0, -1), upper, 0, 'U is upper triangular');
      t.true(tf.max(tf.abs(lower)).dataSync()[0] <= 1, 'pivots are the largest entries');
      t.is(permutation.dtype, 'int32');
      const y = triangularSolve(lower, tf.matMul(rows, b), { unitDiagonal: true });
      assertClose(t, triangularSolve(upper, y, { lower: false }), b, 2e-5, 'substitution');
    });
  });

  onEachBackend(test, `determinants of products, permutations, triangles and rotations, n = ${n}`, (t) => {
    tf.tidy(() => {
      const [a, b] = [matrices(n, 2, 'a'), matrices(n, 2, 'b')];
      const [left, right, both] = [slogdet(a), slogdet(b), slogdet(tf.matMul(a, b))];
      assertClose(t, both.sign, tf.mul(left.sign, right.sign), 0, 'sign of a product');
      assertClose(t, both.logAbsDet, tf.add(left.logAbsDet, right.logAbsDet), 2e-5, 'product');
      assertClose(t, logAbsDet(tf.transpose(a, [0, 2, 1])), left.logAbsDet, 1e-6, 'transposed');
      assertClose(t, logAbsDet(inverse(a)), tf.neg(left.logAbsDet), 2e-5, 'inverse');

      const stream = new RandomStream(`permutation ${n}`);
      const { order, matrix } = permutationMatrix(n, stream);
      assertClose(t, slogdet(matrix).sign, [parity(order)], 0, 'sign of a permutation');
      assertClose(t, slogdet(matrix).logAbsDet, [0], 0, 'size of a permutation');
      assertClose(t, inverse(matrix), tf.transpose(matrix), 0, 'inverse of a permutation');

      const diagonal = stream.normal(n).map((u) => u + Math.sign(u));
      const strict = tf.linalg.bandPart(tf.div(stream.normalTensor([n, n]), n), -1, 0);
      const triangle = tf.where(tf.cast(tf.eye(n), 'bool'), tf.tensor1d(diagonal), strict);
      const log = diagonal.reduce((sum, u) => sum + Math.log(Math.abs(u)), 0);
      const sign = diagonal.reduce((product, u) => product * Math.sign(u), 1);
      assertClose(t, slogdet(triangle).logAbsDet, [log], 1e-5, 'triangle');
      assertClose(t, slogdet(triangle).sign, [sign], 0, 'sign of a triangle');

      // A reflection: orthogonal, its own inverse, with determinant -1.
      const v = stream.normalTensor([n, 1]);
      const reflection = tf.sub(tf.eye(n), tf.mul(2, tf.div(tf.matMul(v, v, false, true), tf.sum(tf.square(v)))));
      assertClose(t, slogdet(reflection).logAbsDet, [0], 1e-5, 'reflection');
      assertClose(t, slogdet(reflection).sign, [-1], 0, 'sign of a reflection');
      assertClose(t, inverse(reflection), reflection, 1e-5, 'inverse of a reflection');
    });
  });
}
