import * as tf from '@tensorflow/tfjs-core';

/** Kernels of TF.js that run meanwhile; all, or those called `name`. */
export function countKernels(body: () => void, name: string | null = null): number {
  const engine = tf.engine();
  const { runKernel } = Object.getPrototypeOf(engine) as typeof engine;
  let count = 0;
  engine.runKernel = ((...call: Parameters<typeof runKernel>) => {
    if (name === null || call[0] === name) count++;
    return runKernel.apply(engine, call);
  }) as typeof runKernel;
  try {
    body();
  } finally {
    delete (engine as Partial<typeof engine>).runKernel;
  }
  return count;
}
