import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';

/**
 * The gradient of a matrix product by explicit transposition,
 * `∂(A B)` → `dA = dY Bᵀ`, `dB = Aᵀ dY`.
 *
 * The wasm backend multiplies a transposed operand 8 to 30 times slower than a plain one, and the gradient that TF.js
 * registers always passes transposed operands. Copying the operand into place first is far cheaper.
 */
const gradient: GradConfig = {
  kernelName: tf.BatchMatMul,
  inputsToSave: ['a', 'b'],
  gradFunc: (dy, saved, attributes) => {
    const [a, b] = saved as [Tensor, Tensor];
    const upstream = dy as Tensor;
    const { transposeA, transposeB } = attributes as { transposeA: boolean; transposeB: boolean };
    // With A' = op(A), B' = op(B): dA' = dY B'ᵀ and dB' = A'ᵀ dY; transposing back where op transposes.
    const da = () =>
      transposeA ? product(transposeB ? swap(b) : b, swap(upstream)) : product(upstream, transposeB ? b : swap(b));
    const db = () =>
      transposeB ? product(swap(upstream), transposeA ? swap(a) : a) : product(transposeA ? a : swap(a), upstream);
    return { a: da, b: db };
  },
};

function product(a: Tensor, b: Tensor): Tensor {
  return tf.matMul(a, b);
}

/** Transposes the last two axes. */
function swap(x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis);
  return tf.transpose(x, [...axes.slice(0, -2), x.rank - 1, x.rank - 2]);
}

/** Replaces the stock gradient, once. Gradients in TF.js are registered for all backends together. */
export function registerMatMulGradient(): void {
  if (tf.getGradient(tf.BatchMatMul) === gradient) return;
  tf.unregisterGradient(tf.BatchMatMul);
  tf.registerGradient(gradient);
}
