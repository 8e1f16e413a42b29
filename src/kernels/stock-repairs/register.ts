import * as tf from '@tensorflow/tfjs-core';
import type { KernelConfig } from '@tensorflow/tfjs-core';
import { comparisonGradients } from './comparisons.js';
import { convolutionKernels } from './convolution-kernels.js';
import { filterGradientGradient } from './convolution-gradient.js';
import { cumsumGradient, repairedCumsum } from './cumsum.js';
import { einsumGradient, einsumKernel } from './einsum.js';
import { batchedGather, gatherGradient } from './gather.js';
import { oneHotKernel } from './one-hot.js';
import { segmentSumKernel } from './segment-sum.js';
import { preciseSine } from './sine.js';
import { repairedCut } from './slice.js';

/** Gradients that TF.js lacks or has wrong, for all backends; replaces its own, once. */
export function registerStockGradients(): void {
  const configs = [filterGradientGradient, gatherGradient, cumsumGradient, einsumGradient, ...comparisonGradients];
  for (const config of configs) tf.registerGradient(config);
}

/**
 * Completes TF.js's own set of kernels on a backend that has started: adds those that training needs and the backend
 * lacks, and replaces those that are wrong or slow. A second call does nothing.
 */
export function completeBackend(backendName: string): void {
  if (completed.has(backendName)) return;
  completed.add(backendName);
  if (backendName === 'wasm') {
    for (const kernel of convolutionKernels) {
      // TF.js's gradient in the images, which it has, takes ten times as long.
      const slow = kernel.kernelName === tf.Conv2DBackpropInput;
      if (slow || !tf.getKernel(kernel.kernelName, backendName)) replace(kernel);
    }
    wrap(tf.GatherV2, backendName, batchedGather);
    replace(oneHotKernel);
  }
  if (backendName === 'webgl')
    for (const name of [tf.Slice, tf.SplitV, tf.Unpack]) wrap(name, backendName, repairedCut);
  if (backendName === 'webgl' || backendName === 'webgpu')
    for (const name of [tf.Sin, tf.Cos]) wrap(name, backendName, preciseSine);
  if (backendName === 'wasm' || backendName === 'cpu') replace(segmentSumKernel(backendName));
  if (backendName !== 'tensorflow') {
    replace(einsumKernel(backendName));
    wrap(tf.Cumsum, backendName, repairedCumsum);
  }
}

const completed = new Set<string>();

function replace(kernel: KernelConfig): void {
  const { kernelName, backendName } = kernel;
  if (tf.getKernel(kernelName, backendName)) tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel(kernel);
}

function wrap(kernelName: string, backendName: string, wrapper: (stock: KernelConfig) => KernelConfig): void {
  const stock = tf.getKernel(kernelName, backendName);
  if (stock) replace(wrapper(stock));
}
