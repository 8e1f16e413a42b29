import type { WasmKernel } from '../fused/wasm.js';

export const slogdetOnWasm: WasmKernel<object> = ({
  inputs: [a],
  inputShapes: [[count, n]],
  outputs: [sign, logAbsDet],
  scratch,
}) => [['slogdet', a, sign ?? 0, logAbsDet ?? 0, count, n, scratch(2 * n * n)]];
