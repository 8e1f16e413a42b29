import * as tf from '@tensorflow/tfjs-core';
import { poison } from '../elimination/reference.js';
import { natively } from '../elimination/tensorflow.js';
import { triangularSolveByOps, unusableColumns } from './reference.js';
import type { TriangularSolveAttributes } from './spec.js';

/** TensorFlow has no option for a diagonal of ones, so they are put in place. */
export const triangularSolveOnTensorFlow = natively<TriangularSolveAttributes>(
  triangularSolveByOps,
  ([t, b], { lower, adjoint, unitDiagonal }) => {
    const [, n] = t.shape;
    const ones = tf.cast(tf.eye(n), 'bool');
    const matrix = unitDiagonal ? tf.where(ones, tf.onesLike(t), t) : t;
    return { name: 'MatrixTriangularSolve', flags: { lower, adjoint }, inputs: [matrix, b] };
  },
  ([x], [t, b], attributes) => [poison(unusableColumns(t, b, attributes), x)],
);
