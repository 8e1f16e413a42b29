import * as tf from '@tensorflow/tfjs-core';
import type { KernelFunc, NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { Shape } from '../shapes.js';

/** What the two backends whose tensors live in ordinary memory offer; the pinned TF.js version fixes these names. */
interface HostBackend {
  /** cpu */
  readonly data?: { get(dataId: object): { values: Float32Array } };
  makeTensorInfo?(shape: number[], dtype: 'float32', values: Float32Array): TensorInfo;
  /** wasm: views of the module's linear memory, valid until it grows */
  typedArrayFromHeap?(info: TensorInfo): Float32Array;
  makeOutput?(shape: number[], dtype: 'float32'): TensorInfo;
}

/** Memory a kernel's loops may read and write; tests run the same loops in float64. */
export type Floats = Float32Array | Float64Array;

/** A kernel written as plain loops: reads `inputs`, fills `outputs`, both without copies. */
export interface HostKernel<Attributes> {
  readonly name: string;
  /** Names of the input tensors, in the order that `compute` gets them. */
  readonly inputs: readonly string[];
  outputShapes(inputShapes: Shape[], attributes: Attributes): Shape[];
  compute(inputs: Floats[], outputs: Floats[], attributes: Attributes): void;
}

/** Backends that {@link HostKernel}s run on. */
const HOST_BACKENDS = ['cpu', 'wasm'] as const;

/** Registers a kernel with the cpu and wasm backends; a second call does nothing. */
export function registerHostKernel<Attributes>(kernel: HostKernel<Attributes>): void {
  for (const backendName of HOST_BACKENDS) {
    if (tf.getKernel(kernel.name, backendName)) continue;
    const kernelFunc: KernelFunc = ({ inputs, backend, attrs }) => {
      const attributes = attrs as unknown as Attributes;
      const infos = kernel.inputs.map((name) => (inputs as Record<string, TensorInfo>)[name]);
      const shapes = kernel.outputShapes(infos.map((info) => info.shape), attributes); // prettier-ignore
      return run(backend as HostBackend, infos, shapes, (read, write) => kernel.compute(read, write, attributes));
    };
    tf.registerKernel({ kernelName: kernel.name, backendName, kernelFunc });
  }
}

/** Whether the running backend has a kernel of this name. */
export function hasKernel(name: string): boolean {
  return tf.getKernel(name, tf.getBackend()) !== undefined;
}

/** Runs a registered kernel with several outputs. */
export function runKernel(name: string, inputs: Record<string, tf.Tensor>, attributes: object): tf.Tensor[] {
  return tf.engine().runKernel<tf.Tensor[]>(name, inputs, attributes as NamedAttrMap);
}

/**
 * Whether a derivative of a derivative is being taken. Hand-written gradients are not differentiable themselves, so
 * operations fall back to their reference then.
 */
export function higherOrderGradient(): boolean {
  return tf.engine().state.gradientDepth > 1;
}

function run(
  backend: HostBackend,
  inputs: TensorInfo[],
  shapes: Shape[],
  compute: (inputs: Float32Array[], outputs: Float32Array[]) => void,
): TensorInfo[] {
  if (backend.typedArrayFromHeap && backend.makeOutput) {
    // Allocation may grow the memory and so detach views: allocate first, look afterwards.
    const outputs = shapes.map((shape) => backend.makeOutput!([...shape], 'float32'));
    const view = (info: TensorInfo) => backend.typedArrayFromHeap!(info);
    compute(inputs.map(view), outputs.map(view));
    return outputs;
  }
  const outputs = shapes.map((shape) => new Float32Array(shape.reduce((size, length) => size * length, 1)));
  compute(inputs.map((info) => backend.data!.get(info.dataId).values), outputs); // prettier-ignore
  return shapes.map((shape, i) => backend.makeTensorInfo!([...shape], 'float32', outputs[i]));
}
