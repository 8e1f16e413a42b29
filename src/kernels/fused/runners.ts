import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import { sizeOf } from '../../shapes.js';
import { simdModuleOf, type SimdModule } from '../wasm/module.js';
import { runOnWebGL, type WebGLBackend } from './gpu-on-webgl.js';
import { runOnWebGPU, type WebGPUBackend } from './gpu-on-webgpu.js';
import type { FusedKernel } from './op.js';
import type { TensorFlowBackend } from './tensorflow.js';
import type { WasmBackend } from './wasm.js';
import { webglRunner } from './webgl.js';
import { webgpuRunner } from './webgpu.js';

export type Runner = (
  kernel: FusedKernel<object>,
  inputs: readonly TensorInfo[],
  attributes: object,
  backend: KernelBackend,
) => TensorInfo[];

/** How each backend runs a kernel; null for one it has no implementation of. */
export const RUNNERS: Record<string, (kernel: FusedKernel<object>) => Runner | null> = {
  cpu: () => (kernel, inputs, attributes, backend) =>
    runOnCpu(kernel, inputs, attributes, backend as unknown as CpuBackend),
  wasm: () => (kernel, inputs, attributes, backend) => {
    const wasm = backend as unknown as WasmBackend;
    return runOnWasm(kernel, inputs, attributes, wasm, simdModuleOf(wasm));
  },
  webgl: (known) => {
    if (known.webgl) return (kernel, inputs, attributes, backend) => kernel.webgl!(inputs, attributes, webglRunner(backend)); // prettier-ignore
    if (!known.gpu) return null;
    return (kernel, inputs, attributes, backend) => runOnWebGL(kernel, inputs, attributes, backend as WebGLBackend);
  },
  webgpu: (known) => {
    if (known.webgpu) return (kernel, inputs, attributes, backend) => kernel.webgpu!(inputs, attributes, webgpuRunner(backend)); // prettier-ignore
    if (!known.gpu) return null;
    return (kernel, inputs, attributes, backend) => runOnWebGPU(kernel, inputs, attributes, backend as WebGPUBackend);
  },
  tensorflow: (known) =>
    known.tensorflow
      ? (kernel, inputs, attributes, backend) =>
          kernel.tensorflow!(inputs, attributes, backend as unknown as TensorFlowBackend)
      : null,
};

/** What the cpu backend offers; the pinned TF.js version fixes these names. */
interface CpuBackend {
  readonly data: { get(dataId: object): { values: Float32Array } };
  makeTensorInfo(shape: number[], dtype: 'float32', values: Float32Array): TensorInfo;
}

/** Runs the loops on the backend's own arrays. */
function runOnCpu(
  kernel: FusedKernel<object>,
  inputs: readonly TensorInfo[],
  attributes: object,
  backend: CpuBackend,
): TensorInfo[] {
  const inputShapes = inputs.map(({ shape }) => shape);
  const shapes = kernel.outputShapes(inputShapes, attributes);
  const outputs = shapes.map((shape) => new Float32Array(sizeOf(shape)));
  kernel.cpu(inputs.map(({ dataId }) => backend.data.get(dataId).values), outputs, attributes, inputShapes); // prettier-ignore
  return shapes.map((shape, i) => backend.makeTensorInfo([...shape], 'float32', outputs[i]));
}

/** Runs a kernel on the backend's own memory, without copies. */
function runOnWasm(
  kernel: FusedKernel<object>,
  inputs: readonly TensorInfo[],
  attributes: object,
  backend: WasmBackend,
  simd: SimdModule | null,
): TensorInfo[] {
  const inputShapes = inputs.map(({ shape }) => shape);
  // Allocation may grow the memory and so detach views: allocate first, look afterwards.
  const outputs = kernel
    .outputShapes(inputShapes, attributes)
    .map((shape) => backend.makeOutput([...shape], 'float32'));
  if (!simd || !kernel.wasm) {
    const view = (info: TensorInfo) =>
      sizeOf(info.shape) === 0 ? new Float32Array(0) : backend.typedArrayFromHeap(info);
    kernel.cpu(inputs.map(view), outputs.map(view), attributes, inputShapes);
    return outputs;
  }
  const address = ({ dataId }: TensorInfo) => backend.dataIdMap.get(dataId).memoryOffset;
  const scratch = simd.scratch();
  const operands = { inputs: inputs.map(address), inputShapes, outputs: outputs.map(address), scratch };
  for (const call of kernel.wasm(operands, attributes)) simd.call(call);
  return outputs;
}
