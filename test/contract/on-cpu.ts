import * as tf from '@tensorflow/tfjs-core';

/** What `body` gives on TF.js's cpu backend, whose kernels are plain loops; the backend of before is back afterwards. */
export async function onCpu<T>(body: () => Promise<T>): Promise<T> {
  const backend = tf.getBackend();
  await tf.setBackend('cpu');
  try {
    return await body();
  } finally {
    await tf.setBackend(backend);
  }
}
