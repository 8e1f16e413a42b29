import type { WasmKernel } from '../fused/wasm.js';
import type { TriangularSolveAttributes } from './spec.js';

export const triangularSolveOnWasm: WasmKernel<TriangularSolveAttributes> = (
  { inputs: [t, b], inputShapes: [[count, n], [, , k]], outputs: [x], scratch },
  { lower, adjoint, unitDiagonal },
) => {
  const flags = [lower, adjoint, unitDiagonal].map(Number);
  return [['triangularSolve', t, b, x!, count, n, k, ...flags, scratch(2 * n * k)]];
};
