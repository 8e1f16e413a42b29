import type { WasmKernel } from '../fused/wasm.js';
import type { SolveAttributes } from './spec.js';

export const solveOnWasm: WasmKernel<SolveAttributes> = (
  { inputs: [a, b], inputShapes: [[count, n], [, , k]], outputs: [x], scratch },
  { adjoint },
) => [['solve', a, b, x!, count, n, k, Number(adjoint), scratch(2 * n * (n + k))]];

/** The right-hand side 0 stands for the identity. */
export const inverseOnWasm: WasmKernel<object> = ({
  inputs: [a],
  inputShapes: [[count, n]],
  outputs: [x],
  scratch,
}) => [['solve', a, 0, x!, count, n, n, 0, scratch(4 * n * n)]];
