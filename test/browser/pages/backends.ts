import * as tf from '@tensorflow/tfjs-core';
import { Affine, Chain, Permute, ready, type BackendReport, type ReadyOptions } from '../../../src/index.js';

export { webgpuObstacle } from '../../../support/browser/webgpu-obstacle.js';

/** Starts a backend. */
export async function start(options: ReadyOptions): Promise<BackendReport> {
  return ready(options);
}

/** Whether the page may share memory between threads. */
export function isIsolated(): boolean {
  return globalThis.crossOriginIsolated;
}

/** The image of one point under a small chain, its log-determinant, and the gradient of the sum of both. */
export async function transform(): Promise<{ y: number[]; logDet: number[]; gradient: number[]; leaked: number }> {
  const before = tf.memory().numTensors;
  const chain = new Chain({
    bijectors: [
      new Affine({ shift: [1, -1, 0.5], scale: [2, 0.5, -4] }),
      new Permute({ permutation: [2, 0, 1] }),
      new Affine({ shift: [0, 0, 1] }),
    ],
  });
  const x = tf.tensor2d([[0.25, -2, 3]]);
  const [y, logDet] = chain.forwardAndLogDet(x);
  const gradient = tf.grad((point) => {
    const [image, volume] = chain.forwardAndLogDet(point);
    return tf.add(tf.sum(tf.square(image)), tf.sum(volume));
  })(x);
  const numbers = async (tensor: tf.Tensor) => [...(await tensor.data())];
  const result = { y: await numbers(y), logDet: await numbers(logDet), gradient: await numbers(gradient) };
  tf.dispose([x, y, logDet, gradient]);
  chain.dispose();
  return { ...result, leaked: tf.memory().numTensors - before };
}
