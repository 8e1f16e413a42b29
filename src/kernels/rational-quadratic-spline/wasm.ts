import type { WasmKernel } from '../fused/wasm.js';
import { slopeSharpness, type SplineAttributes, type SplineBoundaries } from './spec.js';

/** Number of each kind of boundaries in the SIMD module. */
const BOUNDARY_CODES: Readonly<Record<SplineBoundaries, number>> = { linear: 0, bounded: 1, circular: 2 };

/** Scratch numbers of the module's splines. */
const splineScratch = (bins: number) => 52 * bins + 64;

/** Four rows at a time. */
export const splineOnWasm: WasmKernel<SplineAttributes> = (
  { inputs: [x, raw], inputShapes: [[rows]], outputs: [value, logDet], scratch },
  attributes,
) => [['spline', x, raw, value ?? 0, logDet ?? 0, rows, scratch(splineScratch(attributes.bins)), ...spline(attributes)]]; // prettier-ignore

/** Four rows at a time, from the inputs alone. */
export const splineGradientOnWasm: WasmKernel<SplineAttributes> = (
  { inputs: [x, raw, dValue, dLogDet], inputShapes: [[rows]], outputs: [dx, dRaw], scratch },
  attributes,
) => {
  const space = scratch(splineScratch(attributes.bins));
  return [['splineGradient', x, raw, dValue, dLogDet, dx ?? 0, dRaw ?? 0, rows, space, ...spline(attributes)]];
};

/** The module's description of a spline. */
function spline(attributes: SplineAttributes): number[] {
  const { bins, boundaries, inverse, low, high, minBinWidth, minBinHeight, minDerivative, rawScale } = attributes;
  const sharpness = slopeSharpness(attributes);
  return [bins, BOUNDARY_CODES[boundaries], inverse ? 1 : 0, low, high, minBinWidth, minBinHeight, minDerivative, rawScale, sharpness]; // prettier-ignore
}
