import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** A context as one row a batch element, `[batch, contextSize]`, whatever its shape was. */
export function flatContext(context: Tensor): Tensor {
  return context.rank === 2 ? context : tf.reshape(context, [context.shape[0], -1]);
}

/** `x` with its context appended to each row. */
export function withContext(x: Tensor, context: Tensor | null): Tensor {
  if (!context) return x;
  return x.shape[1] === 0 ? flatContext(context) : tf.concat([x, flatContext(context)], 1);
}
