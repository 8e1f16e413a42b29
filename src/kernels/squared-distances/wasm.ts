import type { WasmKernel } from '../fused/wasm.js';
import { MOST, type SquaredDistancesAttributes } from './spec.js';

/** Points as columns, so that four of them are met at a time. */
export const squaredDistancesOnWasm: WasmKernel<SquaredDistancesAttributes> = ({
  inputs: [x, points, weights],
  inputShapes: [[rows, width], [count]],
  outputs: [y],
  scratch,
}) => [['squaredDistances', x, points, weights, y!, rows, count, width, MOST, scratch(columns(count, width))]];

/** Likewise, everything in one pass over `dy`. */
export const squaredDistancesGradientOnWasm: WasmKernel<SquaredDistancesAttributes> = ({
  inputs: [x, points, weights, dy],
  inputShapes: [[rows, width], [count]],
  outputs: [dx, dPoints, dWeights],
  scratch,
}) => [
  [
    'squaredDistancesGradient', x, points, weights, dy,
    dx ?? scratch(rows * width), dPoints ?? scratch(count * width), dWeights ?? scratch(width),
    rows, count, width, scratch(2 * columns(count, width)),
  ],
]; // prettier-ignore

function columns(count: number, width: number): number {
  return width * 4 * Math.ceil(count / 4);
}
