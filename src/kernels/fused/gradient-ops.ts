import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, GradSaveFunc, Tensor } from '@tensorflow/tfjs-core';
import type { FusedOp, NamedTensors } from './op.js';

/** The gradient that an operation gives in differentiable operations, as TF.js registers it for a kernel. */
export function gradientFromOps(op: FusedOp<object>, kernelName: string): GradConfig {
  return {
    kernelName,
    inputsToSave: [...op.inputs],
    outputsToSave: op.outputs.map(() => true),
    gradFunc: (upstream, saved, attributes) => {
      const inputs = saved.slice(0, op.inputs.length);
      // Nothing to differentiate; stock kernels of the wasm backend trap on tensors without elements.
      if (saved.slice(inputs.length).every(({ size }) => size === 0)) {
        return Object.fromEntries(op.inputs.map((name, i) => [name, () => tf.zerosLike(inputs[i])]));
      }
      const outputs = connected(op, inputs, saved.slice(op.inputs.length), attributes);
      const upstreams = (Array.isArray(upstream) ? upstream : [upstream]) as Tensor[];
      return op.gradientOps!(named(op, inputs, outputs, upstreams), attributes);
    },
  };
}

/**
 * Known outputs of an operation, differentiable with respect to its inputs to any order without running it again.
 * Outputs as TF.js saves them are constants to an outer gradient.
 */
function connected(op: FusedOp<object>, inputs: Tensor[], outputs: Tensor[], attributes: object): Tensor[] {
  if (tf.engine().state.gradientDepth === 0) return outputs;
  return outputs.map((output, index) =>
    tf.customGrad((...given) => {
      const save = given.pop() as unknown as GradSaveFunc;
      save([...(given as Tensor[]), ...outputs]);
      return {
        value: tf.clone(output),
        gradFunc: (upstream, saved) => {
          const again = saved.slice(0, inputs.length);
          const known = connected(op, again, saved.slice(inputs.length), attributes);
          const upstreams = outputs.map((other, i) => (i === index ? (upstream as Tensor) : tf.zerosLike(other)));
          const gradients = op.gradientOps!(named(op, again, known, upstreams), attributes);
          return op.inputs.map((name, i) => gradients[name]?.() ?? tf.zerosLike(again[i]));
        },
      };
    })(...inputs),
  );
}

function named(op: FusedOp<object>, inputs: Tensor[], outputs: Tensor[], upstreams: Tensor[]): NamedTensors {
  return Object.fromEntries([
    ...op.inputs.map((name, i) => [name, inputs[i]]),
    ...op.outputs.map((name, i) => [name, outputs[i]]),
    ...op.outputs.map((name, i) => [`d${name}`, upstreams[i]]),
  ]) as NamedTensors;
}
