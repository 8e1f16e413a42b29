import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import type { Shape } from '../../shapes.js';
import { gpuView } from './gpu-view.js';

/** A fragment program as TF.js takes it: one output texture; inputs are read by `getA(i, j)` and the like. */
export interface WebGLProgram {
  readonly variableNames: string[];
  readonly outputShape: number[];
  readonly userCode: string;
  /** Numbers that change from call to call without a new program. */
  readonly customUniforms?: { name: string; type: 'float' | 'int'; arrayIndex?: number }[];
  /** Lets one program serve all shapes of the same rank. */
  readonly enableShapeUniforms?: boolean;
}

/** What kernels may do on WebGL. */
export interface WebGLRunner {
  /** One draw call. */
  run(program: WebGLProgram, inputs: readonly TensorInfo[], uniforms?: number[][]): TensorInfo;
  /** `sizeOf(shape)` consecutive numbers from number `begin` on, in another shape; copies nothing. */
  view(source: TensorInfo, shape: Shape, begin?: number): TensorInfo;
  /** Frees an intermediate result. */
  dispose(info: TensorInfo): void;
}

/** Runs programs; the results belong to the caller. */
export type WebGLKernel<Attributes extends object> = (
  inputs: readonly TensorInfo[],
  attributes: Attributes,
  gl: WebGLRunner,
) => TensorInfo[];

/** What the webgl backend offers; the pinned TF.js version fixes these names. */
interface WebGLBackend extends KernelBackend {
  runWebGLProgram(program: WebGLProgram, inputs: TensorInfo[], dtype: 'float32', uniforms?: number[][]): TensorInfo;
  disposeIntermediateTensorInfo(info: TensorInfo): void;
}

/** What kernels may do on a running webgl backend. */
export function webglRunner(backend: KernelBackend): WebGLRunner {
  const gl = backend as WebGLBackend;
  return {
    run: (program, inputs, uniforms) => gl.runWebGLProgram(program, [...inputs], 'float32', uniforms),
    view: (source, shape, begin) => gpuView(backend, source, shape, begin),
    dispose: (info) => gl.disposeIntermediateTensorInfo(info),
  };
}
