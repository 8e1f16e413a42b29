import * as tf from '@tensorflow/tfjs-core';
import type { KernelConfig, Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { paddedInverseOp } from './op.js';
import { solveOnWebGL } from './webgl.js';
import { solveOnWebGPU } from './webgpu.js';

type Solve = (backend: object, z: TensorInfo, taps: TensorInfo, reverse: boolean) => TensorInfo;

/** How each GPU solves; unlike other kernels', the programs of this one wait for their own results. */
const SOLVERS: Readonly<Record<string, Solve>> = { webgl: solveOnWebGL, webgpu: solveOnWebGPU };

/** The inverse and its gradient as kernels of the GPU backends. */
const kernels: readonly KernelConfig[] = Object.entries(SOLVERS).flatMap(([backendName, solve]) => [
  {
    kernelName: paddedInverseOp.name,
    backendName,
    kernelFunc: ({ inputs, backend }) => {
      const { z, taps } = inputs as Record<string, TensorInfo>;
      return [solve(backend as object, z, taps, false)];
    },
  },
  {
    kernelName: paddedInverseOp.gradient!.name,
    backendName,
    kernelFunc: ({ inputs, backend }) => {
      const { taps, x, dx } = inputs as Record<string, Tensor>;
      const dz = tf.engine().makeTensorFromTensorInfo(solve(backend as object, dx, taps, true));
      return [dz, tf.tidy(() => tapGradient(x, dz, taps))];
    },
  },
]);

/** Minus the gradient of the convolution in its filter, zero at the corner. */
function tapGradient(x: Tensor, dz: Tensor, taps: Tensor): Tensor {
  const size = taps.shape[0];
  const before: [number, number] = [size - 1, 0];
  const sizes = { strides: [1, 1], pad: 'valid', dataFormat: 'NHWC', filterShape: taps.shape };
  const padded = tf.pad(x, [[0, 0], before, before, [0, 0]]); // prettier-ignore
  const gradient = tf.engine().runKernel<Tensor>(tf.Conv2DBackpropFilter, { x: padded, dy: dz }, sizes);
  const signs = Array.from({ length: size * size }, (_, tap) => (tap < size * size - 1 ? -1 : 0));
  return tf.mul(gradient, tf.tensor4d(signs, [size, size, 1, 1]));
}

/** Makes the kernels known to TF.js, once. */
export function registerPaddedInverseOnGpus(): void {
  for (const kernel of kernels) if (!tf.getKernel(kernel.kernelName, kernel.backendName)) tf.registerKernel(kernel);
}
