import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import { sizeOf } from '../../shapes.js';
import type { FusedKernel } from './op.js';
import { toWgsl } from './shader.js';

/** A compute program as TF.js takes it. */
interface WebGPUProgram {
  readonly variableNames: string[];
  readonly outputShape: number[];
  readonly workgroupSize: [number, number, number];
  readonly dispatchLayout: { x: number[] };
  readonly dispatch: [number, number, number];
  /** Names the program in the cache: everything that its code depends on. */
  readonly shaderKey: string;
  readonly size: true;
  /** Declares numbers that change from call to call. */
  readonly uniforms: string;
  getUserCode(): string;
}

/** What the webgpu backend offers; the pinned TF.js version fixes these names. */
export interface WebGPUBackend extends KernelBackend {
  runWebGPUProgram(
    program: WebGPUProgram,
    inputs: TensorInfo[],
    dtype: 'float32',
    uniforms: { type: 'float32' | 'int32'; data: number[] }[],
  ): TensorInfo;
}

const THREADS = 64;

/** Runs a kernel by one dispatch an output, all of the same program: TF.js copies parts of buffers by a dispatch each. */
export function runOnWebGPU(
  kernel: FusedKernel<object>,
  inputs: readonly TensorInfo[],
  attributes: object,
  backend: WebGPUBackend,
): TensorInfo[] {
  const inputShapes = inputs.map(({ shape }) => shape);
  const program = kernel.gpu!(inputShapes, attributes);
  const { ints, floats = {} } = program;
  const numbers = [
    ...Object.values(ints).map((value) => ({ type: 'int32' as const, data: [value] })),
    ...Object.values(floats).map((value) => ({ type: 'float32' as const, data: [value] })),
  ];
  const uniforms = [
    'first : i32,',
    ...Object.keys(ints).map((name) => `${name} : i32,`),
    ...Object.keys(floats).map((name) => `${name} : f32,`),
  ].join(' ');
  // The code finds numbers by itself: shapes would only make more programs.
  const scalars = inputs.map(({ dataId, dtype }) => ({ dataId, dtype, shape: [] }));
  let first = 0;
  return kernel.outputShapes(inputShapes, attributes).map((shape) => {
    const size = sizeOf(shape);
    const { dataId, dtype } = backend.runWebGPUProgram(
      {
        variableNames: kernel.inputs.map((name) => `${name}_`),
        outputShape: [size],
        workgroupSize: [THREADS, 1, 1],
        dispatchLayout: { x: [0] },
        dispatch: [Math.ceil(size / THREADS), 1, 1],
        shaderKey: `${kernel.name} ${program.code}`,
        size: true,
        uniforms,
        getUserCode: () => toWgsl(kernel.inputs, program),
      },
      scalars,
      'float32',
      [{ type: 'int32', data: [first] }, ...numbers],
    );
    first += size;
    return { dataId, dtype, shape: [...shape] };
  });
}
