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

/** The largest error of sines and cosines of angles up to 20 and some up to 1800. */
export async function sineError(): Promise<number> {
  const angles = Float32Array.from({ length: 4096 }, (_, i) => (i < 4000 ? (i - 2000) / 100 : 37 * (i - 4048)));
  const x = tf.tensor1d(angles);
  const [sines, cosines] = [tf.sin(x), tf.cos(x)];
  const [found, other] = [await sines.data(), await cosines.data()];
  tf.dispose([x, sines, cosines]);
  return angles.reduce(
    (most, angle, i) => Math.max(most, Math.abs(found[i] - Math.sin(angle)), Math.abs(other[i] - Math.cos(angle))),
    0,
  );
}
