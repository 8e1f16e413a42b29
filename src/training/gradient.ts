import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { FlowShapeError } from '../errors.js';
import { formatShape } from '../shapes.js';
import type { ParameterSlab } from './parameter-slab.js';

/** A loss, its gradient, and what must be known of both before a step is taken. */
export interface LossAndGradient {
  /** `[weights.size]` */
  readonly gradient: Tensor1D;
  /** `[loss, squared length of the gradient]`: one read tells whether both are finite. */
  readonly report: Tensor1D;
}

/**
 * The gradient of `loss` in all parameters of the slab, zero in those it does not depend on.
 *
 * @throws FlowShapeError when the loss is not a scalar.
 */
export function lossAndGradient(weights: ParameterSlab, loss: () => Tensor): LossAndGradient {
  return tf.tidy(() => {
    const { value, grads } = onTape(() =>
      tf.engine().gradients(loss, [...weights.variables] as Tensor[], undefined, true),
    );
    if (value.size !== 1) {
      throw new FlowShapeError('fit.objective', {
        expected: 'a scalar, the mean over the rows of the batch',
        got: `shape ${formatShape(value.shape)}`,
        hint: 'End the objective with tf.mean.',
      });
    }
    const gradient = weights.flatten(grads);
    const report = tf.stack([tf.reshape(value, []), tf.sum(tf.square(gradient))]) as Tensor1D;
    return { gradient, report };
  });
}

/** When a computation throws, TF.js leaves what it recorded for the gradient behind; free it. */
function onTape<T>(compute: () => T): T {
  const { state } = tf.engine();
  try {
    return compute();
  } catch (error) {
    if (state.gradientDepth === 0) {
      for (const node of state.activeTape ?? []) tf.dispose(node.saved ?? []);
      state.activeTape = [];
    }
    throw error;
  }
}
