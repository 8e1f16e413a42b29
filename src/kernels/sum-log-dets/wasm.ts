import type { WasmKernel } from '../fused/wasm.js';

/** One sum a row; a copy where rows are single numbers. */
export const sumLogDetsOnWasm: WasmKernel<object> = ({ inputs: [x], inputShapes: [[batch, dims]], outputs: [y] }) =>
  dims === 1 ? [['copy', x, y!, 1, 1, 1, batch, 0, 0, 0, 1, 0, 0, 0, 1]] : [['sumAxis', x, y!, batch, dims, 1, 1]];

/** Every coordinate gets the gradient of its row's sum. */
export const sumLogDetsGradientOnWasm: WasmKernel<object> = ({
  inputs: [, dy],
  inputShapes: [[batch, dims]],
  outputs: [dx],
}) =>
  dims === 1
    ? [['copy', dy, dx!, 1, 1, 1, batch, 0, 0, 0, 1, 0, 0, 0, 1]]
    : [['copy', dy, dx!, 1, 1, batch, dims, 0, 0, 1, 0, 0, 0, dims, 1]];
