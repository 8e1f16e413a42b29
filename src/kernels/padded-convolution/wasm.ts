import type { Shape } from '../../shapes.js';
import type { SimdCall, WasmKernel } from '../fused/wasm.js';
import type { ConvolutionGeometry } from '../stock-repairs/convolution-geometry.js';
import { filterGradientCall, filterGradientScratch } from '../stock-repairs/convolution.js';

type Scratch = (floats: number) => number;

export const paddedInverseOnWasm: WasmKernel<object> = ({ inputs: [z, taps], inputShapes, outputs: [x], scratch }) => {
  const [shape, [size]] = inputShapes;
  return [solve(z, taps, x!, shape, size, false, scratch)];
};

/** The transposed system solved for the upstream gradient, then the gradient of a convolution in its filter. */
export const paddedInverseGradientOnWasm: WasmKernel<object> = ({
  inputs: [taps, x, dx],
  inputShapes: [[size], shape],
  outputs: [dz, dTaps],
  scratch,
}) => {
  const upstream = dz ?? scratch(shape.reduce((a, b) => a * b));
  const calls = [solve(dx, taps, upstream, shape, size, true, scratch)];
  if (dTaps === null) return calls;
  const geometry = paddedGeometry(shape, size);
  const work = scratch(filterGradientScratch(geometry));
  return [...calls, filterGradientCall(geometry, x, upstream, dTaps, work), ['negateTaps', dTaps, shape[3], size]];
};

function solve(
  z: number,
  taps: number,
  x: number,
  shape: Shape,
  size: number,
  reverse: boolean,
  scratch: Scratch,
): SimdCall {
  const channels = shape[3];
  const work = scratch(size * size * channels * (channels + 7));
  return ['paddedInverse', z, taps, x, ...shape, size, reverse ? 1 : 0, work];
}

/** The convolution that is inverted: rows of zeros above and columns of zeros to the left. */
function paddedGeometry([batch, height, width, channels]: Shape, size: number): ConvolutionGeometry {
  return {
    ...{ batch, height, width, channels },
    ...{ outHeight: height, outWidth: width, outChannels: channels },
    ...{ filterHeight: size, filterWidth: size, strideHeight: 1, strideWidth: 1 },
    ...{ top: size - 1, left: size - 1 },
  };
}
