import * as tf from '@tensorflow/tfjs-core';

/**
 * Runs a computation as if no gradient were being taken around it: nothing of it is recorded, gradients may be taken inside
 * of it, and their tapes are not mixed up with those outside. For what has a gradient of its own.
 */
export function offTape<T>(compute: () => T): T {
  const { state } = tf.engine();
  const { kernelDepth, gradientDepth, activeTape } = state;
  Object.assign(state, { kernelDepth: 0, gradientDepth: 0, activeTape: null });
  try {
    return compute();
  } finally {
    Object.assign(state, { kernelDepth, gradientDepth, activeTape });
  }
}
