import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import { sizeOf } from '../../shapes.js';
import { gpuView } from './gpu-view.js';
import type { FusedKernel } from './op.js';
import { toGlsl } from './shader.js';

/** A fragment program as TF.js takes it. */
interface WebGLProgram {
  readonly variableNames: string[];
  readonly outputShape: number[];
  readonly userCode: string;
  readonly customUniforms: { name: string; type: 'float' | 'int' }[];
  readonly enableShapeUniforms: true;
}

/** What the webgl backend offers; the pinned TF.js version fixes these names. */
export interface WebGLBackend extends KernelBackend {
  readonly texData: { get(dataId: object): { isPacked: boolean } };
  uploadToGPU(dataId: object): void;
  unpackTensor(info: TensorInfo): TensorInfo;
  runWebGLProgram(program: WebGLProgram, inputs: TensorInfo[], dtype: 'float32', uniforms: number[][]): TensorInfo;
  disposeIntermediateTensorInfo(info: TensorInfo): void;
}

/**
 * Runs a kernel by one draw call. TF.js gives a program one texture to write to, so several outputs share one, and each
 * is a part of it; nothing is copied.
 */
export function runOnWebGL(
  kernel: FusedKernel<object>,
  inputs: readonly TensorInfo[],
  attributes: object,
  backend: WebGLBackend,
): TensorInfo[] {
  const inputShapes = inputs.map(({ shape }) => shape);
  const shapes = kernel.outputShapes(inputShapes, attributes);
  const gpuProgram = kernel.gpu!(inputShapes, attributes);
  const { ints, floats = {} } = gpuProgram;
  const program: WebGLProgram = {
    variableNames: kernel.inputs.map((name) => `${name}_`),
    outputShape: shapes.length === 1 ? [...shapes[0]] : [shapes.reduce((sum, shape) => sum + sizeOf(shape), 0)],
    userCode: toGlsl(kernel.inputs, gpuProgram),
    customUniforms: [
      ...Object.keys(ints).map((name) => ({ name, type: 'int' as const })),
      ...Object.keys(floats).map((name) => ({ name, type: 'float' as const })),
    ],
    enableShapeUniforms: true,
  };
  const textures = inputs.map((info) => asTexture(backend, info));
  // The code finds numbers by itself, so TF.js need not know shapes; scalars have the shortest readers to compile.
  const scalars = textures.map(({ dataId, dtype }) => ({ dataId, dtype, shape: [] }));
  const numbers = [...Object.values(ints), ...Object.values(floats)].map((value) => [value]);
  const output = backend.runWebGLProgram(program, scalars, 'float32', numbers);
  textures.forEach((texture, i) => {
    if (texture !== inputs[i]) backend.disposeIntermediateTensorInfo(texture);
  });
  if (shapes.length === 1) return [output];
  let begin = 0;
  const parts = shapes.map((shape) => {
    const part = gpuView(backend, output, shape, begin);
    begin += sizeOf(shape);
    return part;
  });
  backend.disposeIntermediateTensorInfo(output);
  return parts;
}

/** The tensor on the GPU with one number a texel. */
function asTexture(backend: WebGLBackend, info: TensorInfo): TensorInfo {
  backend.uploadToGPU(info.dataId);
  return backend.texData.get(info.dataId).isPacked ? backend.unpackTensor(info) : info;
}
