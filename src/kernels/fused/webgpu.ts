import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import type { Shape } from '../../shapes.js';
import { gpuView } from './gpu-view.js';

/** A compute program as TF.js takes it. It must read `uniforms.size`, or the adapter refuses it and gives zeros. */
export interface WebGPUProgram {
  readonly variableNames: string[];
  readonly outputShape: number[];
  readonly workgroupSize: [number, number, number];
  readonly dispatchLayout: { x: number[]; y?: number[]; z?: number[] };
  readonly dispatch: [number, number, number];
  /** Names the program in the cache: everything that its code depends on. */
  readonly shaderKey: string;
  readonly size?: boolean;
  /** Declares numbers that change from call to call, such as `lr : f32, step : i32,`. */
  readonly uniforms?: string;
  getUserCode(): string;
}

/** What kernels may do on WebGPU. */
export interface WebGPURunner {
  /** One dispatch. */
  run(
    program: WebGPUProgram,
    inputs: readonly TensorInfo[],
    uniforms?: { type: 'float32' | 'int32'; data: number[] }[],
  ): TensorInfo;
  /** `sizeOf(shape)` consecutive numbers from number `begin` on, in another shape. */
  view(source: TensorInfo, shape: Shape, begin?: number): TensorInfo;
  /** Frees an intermediate result. */
  dispose(info: TensorInfo): void;
}

/** Runs programs; the results belong to the caller. */
export type WebGPUKernel<Attributes extends object> = (
  inputs: readonly TensorInfo[],
  attributes: Attributes,
  gpu: WebGPURunner,
) => TensorInfo[];

/** What the webgpu backend offers; the pinned TF.js version fixes these names. */
interface WebGPUBackend extends KernelBackend {
  runWebGPUProgram(
    program: WebGPUProgram,
    inputs: TensorInfo[],
    dtype: 'float32',
    uniforms?: { type: string; data: number[] }[],
  ): TensorInfo;
}

/** What kernels may do on a running webgpu backend. */
export function webgpuRunner(backend: KernelBackend): WebGPURunner {
  const gpu = backend as WebGPUBackend;
  return {
    run: (program, inputs, uniforms) => gpu.runWebGPUProgram(program, [...inputs], 'float32', uniforms),
    view: (source, shape, begin) => gpuView(backend, source, shape, begin),
    dispose: (info) => gpu.disposeData(info.dataId),
  };
}
