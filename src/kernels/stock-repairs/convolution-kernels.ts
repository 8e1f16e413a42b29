import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core';
import { sizeOf, type Shape } from '../../shapes.js';
import type { WasmBackend } from '../fused/wasm.js';
import { simdModuleOf, type SimdModule } from '../wasm/module.js';
import { CONVOLUTION_GRADIENTS, type ConvolutionGradient } from './convolution.js';
import { geometryOf, type ConvolutionAttributes } from './convolution-geometry.js';

/** TF.js's attributes of a gradient: the shape of what it is the gradient in, too. */
interface GradientAttributes extends ConvolutionAttributes {
  inputShape?: Shape;
  filterShape?: Shape;
}

/** The gradients of convolutions as kernels of the wasm backend, under TF.js's names. */
export const convolutionKernels: readonly KernelConfig[] = CONVOLUTION_GRADIENTS.map((gradient) => ({
  kernelName: gradient.kernelName,
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs, backend }) => {
    const tensors = gradient.inputs.map((name) => (inputs as Record<string, TensorInfo>)[name]);
    const wasm = backend as WasmBackend;
    return runConvolutionGradient(gradient, tensors, attrs as unknown as GradientAttributes, wasm, simdModuleOf(wasm));
  },
}));

/** Runs a gradient in the SIMD module, or in plain loops where the engine has no SIMD. */
export function runConvolutionGradient(
  gradient: ConvolutionGradient,
  [first, second]: readonly TensorInfo[],
  attributes: GradientAttributes,
  backend: WasmBackend,
  simd: SimdModule | null,
): TensorInfo {
  const toImage = gradient.target === 'image';
  const imageShape = toImage ? attributes.inputShape! : first.shape;
  const filterShape = toImage ? second.shape : attributes.filterShape!;
  const geometry = geometryOf(gradient.kernelName, imageShape, filterShape, attributes, gradient.depthwise);
  const out = backend.makeOutput([...(toImage ? imageShape : filterShape)], 'float32');
  if (sizeOf(out.shape) === 0) return out;
  if (!simd || sizeOf(first.shape) === 0) {
    const view = (info: TensorInfo) => sizeOf(info.shape) === 0 ? new Float32Array(0) : backend.typedArrayFromHeap(info); // prettier-ignore
    gradient.loops(geometry, view(first), view(second), view(out));
    return out;
  }
  const scratch = simd.scratch()(gradient.scratch(geometry));
  const address = ({ dataId }: TensorInfo) => backend.dataIdMap.get(dataId).memoryOffset;
  simd.call(gradient.simd(geometry, address(first), address(second), address(out), scratch));
  return out;
}
