import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, KernelBackend, KernelFunc, NamedAttrMap, Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { gradientFromOps } from './gradient-ops.js';
import type { FusedKernel, FusedOp } from './op.js';
import { RUNNERS } from './runners.js';

/** Backends that kernels can be written for. */
export const FUSED_BACKENDS: readonly string[] = Object.keys(RUNNERS);

/** Makes an operation, its gradient's kernel and the gradient between them known to TF.js; a second call does nothing. */
export function registerFused(op: FusedOp<object>): void {
  for (const backendName of FUSED_BACKENDS) {
    registerKernel(op, backendName);
    if (op.gradient) registerKernel(op.gradient, backendName);
  }
  if (op.gradient && !tf.getGradient(op.name)) tf.registerGradient(gradientOf(op, op.gradient));
  if (op.gradientOps && !tf.getGradient(op.name)) tf.registerGradient(gradientFromOps(op, op.name));
}

/**
 * Makes the reference of an operation with `gradientOps` known to a backend as a kernel of its own, so that the same
 * gradient serves it.
 *
 * @returns the kernel's name
 */
export function registerReference(op: FusedOp<object>, backendName: string): string {
  const kernelName = `${op.name}Reference`;
  if (!tf.getKernel(kernelName, backendName)) {
    const kernelFunc: KernelFunc = ({ inputs, attrs }) =>
      tf.tidy(() =>
        op.reference(
          op.inputs.map((name) => (inputs as Record<string, Tensor>)[name]),
          attrs as object,
        ),
      );
    tf.registerKernel({ kernelName, backendName, kernelFunc });
  }
  if (!tf.getGradient(kernelName)) tf.registerGradient(gradientFromOps(op, kernelName));
  return kernelName;
}

/** Takes an operation off a backend, which runs the reference from then on. */
export function disableFused(op: FusedOp<object>, backend: string): void {
  disabled.add(`${op.name} ${backend}`);
}

/** Whether a backend runs the operation as a kernel, forward and backward. */
export function isEnabled(op: FusedOp<object>, backend: string): boolean {
  const has = (kernel: FusedKernel<object>) => tf.getKernel(kernel.name, backend) !== undefined;
  return !disabled.has(`${op.name} ${backend}`) && has(op) && (!op.gradient || has(op.gradient));
}

const disabled = new Set<string>();

function registerKernel(kernel: FusedKernel<object>, backendName: string): void {
  const runner = RUNNERS[backendName](kernel);
  if (!runner || tf.getKernel(kernel.name, backendName)) return;
  const kernelFunc: KernelFunc = ({ inputs, attrs, backend }) =>
    runner(
      kernel,
      kernel.inputs.map((name) => (inputs as Record<string, TensorInfo>)[name]),
      attrs as object,
      backend as KernelBackend,
    );
  tf.registerKernel({ kernelName: kernel.name, backendName, kernelFunc });
}

/** Finds by name what the gradient reads: inputs, outputs and upstream gradients. */
function gradientOf(op: FusedOp<object>, gradient: FusedKernel<object>): GradConfig {
  const inputsToSave = op.inputs.filter((name) => gradient.inputs.includes(name));
  const outputsToSave = op.outputs.map((name) => gradient.inputs.includes(name));
  const saved = [...inputsToSave, ...op.outputs.filter((_, i) => outputsToSave[i])];
  return {
    kernelName: op.name,
    inputsToSave,
    outputsToSave,
    gradFunc: (upstream, savedTensors, attributes) => {
      const known = new Map<string, Tensor>(saved.map((name, i) => [name, savedTensors[i]]));
      const upstreams = (Array.isArray(upstream) ? upstream : [upstream]) as Tensor[];
      op.outputs.forEach((name, i) => known.set(`d${name}`, upstreams[i]));
      const inputs = Object.fromEntries(gradient.inputs.map((name) => [name, known.get(name)!]));
      const result = tf.engine().runKernel<Tensor | Tensor[]>(gradient.name, inputs, attributes as NamedAttrMap);
      const gradients = Array.isArray(result) ? result : [result];
      return Object.fromEntries(gradient.outputs.map((name, i) => [name.slice(1), () => gradients[i]]));
    },
  };
}
