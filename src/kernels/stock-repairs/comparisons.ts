import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig } from '@tensorflow/tfjs-core';

/** Kernels whose result is true or false, and the names of their inputs. */
const INPUTS: Record<string, readonly string[]> = {
  [tf.Equal]: ['a', 'b'],
  [tf.NotEqual]: ['a', 'b'],
  [tf.Less]: ['a', 'b'],
  [tf.LessEqual]: ['a', 'b'],
  [tf.Greater]: ['a', 'b'],
  [tf.GreaterEqual]: ['a', 'b'],
  [tf.LogicalAnd]: ['a', 'b'],
  [tf.LogicalOr]: ['a', 'b'],
  [tf.LogicalNot]: ['x'],
  [tf.IsNan]: ['x'],
  [tf.IsInf]: ['x'],
  [tf.IsFinite]: ['x'],
};

/**
 * Gradients of comparisons and of the logic of their results: zero, as these are constant all around. TF.js has none but
 * for two of them, so that it refuses to differentiate `where(less(x, 0), -x, x)`.
 */
export const comparisonGradients: readonly GradConfig[] = Object.entries(INPUTS).map(([kernelName, names]) => ({
  kernelName,
  inputsToSave: [...names],
  gradFunc: (_, inputs) => Object.fromEntries(names.map((name, i) => [name, () => tf.zeros(inputs[i].shape)])),
}));
