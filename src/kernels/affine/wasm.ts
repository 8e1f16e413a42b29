import type { WasmKernel } from '../fused/wasm.js';
import { SIGMOID_SHIFT, type AffineAttributes } from './spec.js';

/** Four maps at a time. */
export const affineOnWasm: WasmKernel<AffineAttributes> = (
  { inputs: [x, raw], inputShapes: [[count]], outputs: [value, logDet] },
  attributes,
) => [['affine', x, raw, value ?? 0, logDet ?? 0, count, ...affine(attributes)]];

/** Four maps at a time, from the inputs alone. */
export const affineGradientOnWasm: WasmKernel<AffineAttributes> = (
  { inputs: [x, raw, dValue, dLogDet], inputShapes: [[count]], outputs: [dx, dRaw] },
  attributes,
) => [['affineGradient', x, raw, dValue, dLogDet, dx ?? 0, dRaw ?? 0, count, ...affine(attributes)]];

/** The module's description of the maps: a bound of 0 stands for the sigmoid form. */
function affine({ scale, bound, least, inverse }: AffineAttributes): number[] {
  return [scale === 'exp' ? bound : 0, SIGMOID_SHIFT, least, inverse ? 1 : 0];
}
