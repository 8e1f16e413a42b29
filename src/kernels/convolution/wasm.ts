import { ACTIVATION_CODES } from '../dense/fused-activation.js';
import type { SimdCall, WasmKernel } from '../fused/wasm.js';
import * as simd from '../stock-repairs/convolution.js';
import type { ConvolutionGeometry } from '../stock-repairs/convolution-geometry.js';
import { convolutionGeometry, type ConvolutionAttributes } from './spec.js';

/**
 * One product of matrices either way, of patches on the side with fewer channels: patches of the images times the filter,
 * or images times the filter, as patches of the result, which are added up where they lie. The latter is the gradient of
 * a convolution from results to images, see {@link transposed}.
 */
export const convolutionOnWasm: WasmKernel<ConvolutionAttributes> = (
  { inputs: [x, filter, bias], inputShapes: [xShape, filterShape], outputs: [y], scratch },
  { activation, padding },
) => {
  const g = convolutionGeometry(xShape, filterShape, padding);
  const code = ACTIVATION_CODES[activation];
  if (!hasFewerResults(g)) {
    return [simd.convolutionCall(g, x, filter, bias, y!, code, scratch(simd.convolutionScratch(g)))];
  }
  const back = transposed(g);
  const turned = scratch(sizeOf(g));
  const product = simd.imageGradientCall(back, x, turned, bias, y!, scratch(simd.imageGradientScratch(back)));
  const count = g.batch * g.outHeight * g.outWidth * g.outChannels;
  return [turn(filter, turned, g), product, ...(code === 0 ? [] : [['activate', code, y!, count] as const])];
};

/** `g = dy ∘ φ′` and its sums, then one product for each gradient that is asked for. */
export const convolutionGradientOnWasm: WasmKernel<ConvolutionAttributes> = (
  { inputs: [x, filter, y, dy], inputShapes: [xShape, filterShape], outputs: [dx, dFilter, dBias], scratch },
  { activation, padding },
) => {
  const geometry = convolutionGeometry(xShape, filterShape, padding);
  const { batch, outHeight, outWidth, outChannels } = geometry;
  const pixels = batch * outHeight * outWidth;
  const calls: SimdCall[] = [];
  let g = dy;
  if (activation !== 'identity') {
    g = scratch(pixels * outChannels);
    calls.push(['activationGradient', ACTIVATION_CODES[activation], y, dy, g, pixels * outChannels]);
  }
  if (dBias !== null) calls.push(['sumRows', g, dBias, pixels, outChannels]);
  if (!hasFewerResults(geometry)) {
    if (dx !== null) {
      calls.push(simd.imageGradientCall(geometry, g, filter, 0, dx, scratch(simd.imageGradientScratch(geometry))));
    }
    if (dFilter !== null) {
      calls.push(simd.filterGradientCall(geometry, x, g, dFilter, scratch(simd.filterGradientScratch(geometry))));
    }
    return calls;
  }
  const back = transposed(geometry);
  const turned = scratch(sizeOf(geometry));
  if (dx !== null) {
    const space = scratch(simd.convolutionScratch(back));
    calls.push(turn(filter, turned, geometry), simd.convolutionCall(back, g, turned, 0, dx, 0, space));
  }
  if (dFilter !== null) {
    const space = scratch(simd.filterGradientScratch(back));
    calls.push(simd.filterGradientCall(back, g, x, turned, space), turn(turned, dFilter, back));
  }
  return calls;
};

/** Whether patches of the result are smaller than those of the images; a patch of one pixel is no work at all. */
function hasFewerResults({ channels, outChannels, filterHeight, filterWidth }: ConvolutionGeometry): boolean {
  return outChannels < channels && filterHeight * filterWidth > 1;
}

/**
 * The convolution that leads from results back to images: with the filter turned by 180 degrees, and its channels
 * exchanged. Each of the two is the other's gradient in the images.
 */
function transposed(g: ConvolutionGeometry): ConvolutionGeometry {
  return {
    ...g,
    ...{ height: g.outHeight, width: g.outWidth, channels: g.outChannels },
    ...{ outHeight: g.height, outWidth: g.width, outChannels: g.channels },
    ...{ top: g.filterHeight - 1 - g.top, left: g.filterWidth - 1 - g.left },
  };
}

/** The filter of the {@link transposed} convolution. */
function turn(filter: number, out: number, g: ConvolutionGeometry): SimdCall {
  const { channels, outChannels } = g;
  const taps = g.filterHeight * g.filterWidth;
  const size = channels * outChannels;
  return [
    'copy', filter + 4 * (taps - 1) * size, out, 1, taps, outChannels, channels,
    0, -size, 1, outChannels, 0, size, channels, 1,
  ]; // prettier-ignore
}

function sizeOf({ channels, outChannels, filterHeight, filterWidth }: ConvolutionGeometry): number {
  return filterHeight * filterWidth * channels * outChannels;
}
