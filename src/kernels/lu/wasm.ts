import type { WasmKernel } from '../fused/wasm.js';

export const luOnWasm: WasmKernel<object> = ({
  inputs: [a],
  inputShapes: [[count, n]],
  outputs: [packed, permutation],
  scratch,
}) => [['lu', a, packed ?? 0, permutation ?? 0, count, n, scratch(2 * n * n)]];
