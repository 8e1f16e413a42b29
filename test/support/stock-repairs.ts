import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { waves } from '../../src/kernels/fused/waves.js';

function filled(shape: number[], phase: number): Tensor {
  return tf.tensor(waves(tf.util.sizeFromShape(shape), 1, phase), shape);
}

/** Values and gradients of operations that the library completes in TF.js, as the running backend finds them. */
export async function repairedOperations(): Promise<Record<string, number[]>> {
  const results = tf.tidy(() => {
    const found: Record<string, Tensor> = {};
    const note = (name: string, inputs: Tensor[], f: (...inputs: Tensor[]) => Tensor) => {
      const y = f(...inputs);
      const weights = filled(y.shape, 2);
      found[name] = y;
      tf.grads((...at: Tensor[]) => tf.sum(tf.mul(f(...at), weights)))(inputs).forEach((gradient, i) => {
        found[`${name}, gradient ${i}`] = gradient;
      });
    };
    for (const equation of ['bij,bjk->bik', 'ij,k->ik', 'i,ij->i', 'ij->j', 'ij,ij->']) {
      const terms = equation.split('->')[0].split(',');
      const shapes = terms.map((term) => [...term].map((label) => ({ b: 2, i: 3, j: 4, k: 5 })[label]!));
      note(equation, shapes.map(filled), (...operands) => tf.einsum(equation, ...operands));
    }
    note('cumsum, axis 0', [filled([3, 4], 0)], (x) => tf.cumsum(x, 0));
    note('cumsum, axis -1', [filled([3, 4], 0)], (x) => tf.cumsum(x, -1, true));
    note('cumsum, axis -2', [filled([2, 3, 4], 0)], (x) => tf.cumsum(x, -2, false, true));
    note('comparison', [filled([3, 4], 0)], (x) => tf.where(tf.less(x, 0), tf.neg(x), tf.square(x)));
    // A first part that is broadcast to the shape of the whole, which has been on the device before.
    const [whole, other] = [tf.add(filled([16, 16], 0), filled([16, 16], 1)), filled([16, 16], 2)];
    note('first of some slices', [whole, other], (x, y) => tf.add(tf.square(y), tf.slice(x, [0, 0], [1, 16])));
    note('first of a split', [whole, other], (x, y) => tf.mul(tf.square(y), tf.split(x, 16)[0]));
    note('first of a stack', [whole, other], (x, y) => tf.mul(tf.square(y), tf.unstack(x)[0]));
    const rows = tf.tensor2d([[2, 0], [1, 1]], [2, 2], 'int32'); // prettier-ignore
    note('gather', [filled([4, 3], 0)], (x) => tf.gather(x, tf.tensor1d([3, 1, 1, 0], 'int32')));
    note('gather in batches', [filled([2, 3, 4], 0)], (x) => tf.gather(x, rows, 1, 1));
    const [image, filter] = [filled([2, 5, 4, 3], 0), filled([3, 3, 3, 2], 1)];
    const conv = (x: Tensor, w: Tensor) => tf.conv2d(x as Tensor4D, w as Tensor4D, 2, 'same');
    const pairs = tf.tensor3d([[[0], [1]], [[1], [1]]], [2, 2, 1], 'int32'); // prettier-ignore
    note('gather in batches of batches', [filled([2, 2, 2, 3], 0)], (x) => tf.gather(x, pairs, 2, 2));
    note('conv2d', [image, filter], conv);
    note('depthwiseConv2d', [image, filter], (x, w) => tf.depthwiseConv2d(x as Tensor4D, w as Tensor4D, 1, 'same'));
    const squared = (x: Tensor, w: Tensor) => tf.sum(tf.square(conv(x, w)));
    note('second derivatives of conv2d', [image, filter], (x, w) => {
      const [dx, dw] = tf.grads(squared)([x, w]);
      return tf.add(tf.sum(tf.square(dx)), tf.sum(tf.square(dw)));
    });
    return found;
  });
  const entries = Object.entries(results).map(
    async ([name, tensor]) => [name, [...(await tensor.data())]] as [string, number[]],
  );
  const numbers = Object.fromEntries(await Promise.all(entries));
  tf.dispose(results);
  return numbers;
}
