import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';

/** The derivative of `y = f(x)` applied to `dy`, written in terms of `y`. */
type PullBack = (dy: Tensor, y: Tensor, attributes: NamedAttrMap) => Tensor;

/** Kernels with a gradient in terms of their output: name of the input, and the gradient. */
const KERNELS: Record<string, readonly [input: string, pullBack: PullBack]> = {
  [tf.Exp]: ['x', (dy, y) => tf.mul(dy, y)],
  [tf.Tanh]: ['x', (dy, y) => tf.mul(dy, tf.sub(1, tf.square(y)))],
  [tf.Sigmoid]: ['x', (dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y)))],
  [tf.Softmax]: [
    'logits',
    (dy, y, { dim }) => {
      const weighted = tf.mul(dy, y);
      return tf.sub(weighted, tf.mul(y, tf.sum(weighted, dim as number, true)));
    },
  ],
};

const configs = Object.entries(KERNELS).map(([kernelName, [input, pullBack]]): GradConfig => ({
  kernelName,
  inputsToSave: [input],
  outputsToSave: [true],
  gradFunc: (dy, [x, y], attributes) => {
    const gradient = (upstream: Tensor, output: Tensor) => pullBack(upstream, output, attributes);
    return { [input]: () => gradient(dy as Tensor, asFunctionOf(x, y, gradient)) };
  },
}));

/** The known values `y = f(x)`, differentiable with respect to `x` to any order without evaluating `f` again. */
function asFunctionOf(x: Tensor, y: Tensor, gradient: (dy: Tensor, y: Tensor) => Tensor): Tensor {
  return tf.customGrad((input) => ({
    value: tf.clone(y),
    gradFunc: (dy) => [gradient(dy, asFunctionOf(input as Tensor, y, gradient))],
  }))(x);
}

/**
 * Makes second and higher derivatives of `exp`, `tanh`, `sigmoid` and `softmax` right, once.
 *
 * The gradients that TF.js registers for them read the saved output, which is not connected to the input on the tape of
 * an outer gradient: its contribution to the second derivative is dropped without an error.
 */
export function registerNestedGradients(): void {
  for (const config of configs) {
    if (tf.getGradient(config.kernelName) === config) continue;
    tf.unregisterGradient(config.kernelName);
    tf.registerGradient(config);
  }
}
