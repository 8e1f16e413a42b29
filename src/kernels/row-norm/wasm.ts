import type { WasmKernel } from '../fused/wasm.js';
import type { RowNormAttributes } from './spec.js';

/** Three passes over each row. */
export const rowNormOnWasm: WasmKernel<RowNormAttributes> = (
  { inputs: [x, gain, bias], inputShapes: [[rows, width]], outputs: [y] },
  { center, epsilon },
) => [['rowNorm', x, gain, bias, y!, rows, width, center ? 1 : 0, epsilon]];

/** Likewise, from the inputs alone. */
export const rowNormGradientOnWasm: WasmKernel<RowNormAttributes> = (
  { inputs: [x, gain, dy], inputShapes: [[rows, width]], outputs: [dx, dGain, dBias], scratch },
  { center, epsilon },
) => [
  [
    'rowNormGradient', x, gain, dy, dx ?? scratch(width), dGain ?? scratch(width), dBias ?? scratch(width),
    rows, width, center ? 1 : 0, epsilon, dx === null ? 0 : 1,
  ],
]; // prettier-ignore
