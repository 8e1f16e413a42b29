import { eliminate, loadMatrix, substituteBack } from '../elimination/cpu.js';
import type { CpuKernel, Floats } from '../fused/cpu.js';
import type { SolveAttributes } from './spec.js';

/** `A⁻¹ B` or `A⁻ᵀ B` for each pair of matrices, in doubles. */
export const solveOnCpu: CpuKernel<SolveAttributes> = ([a, b], [x], { adjoint }, [[count, n], [, , k]]) => {
  solveAll(a, b, x, adjoint, count, n, k);
};

/** `A⁻¹` for each matrix, in doubles. */
export const inverseOnCpu: CpuKernel<object> = ([a], [x], _, [[count, n]]) => {
  solveAll(a, null, x, false, count, n, n);
};

/** `b` null: the identity. */
function solveAll(a: Floats, b: Floats | null, x: Floats, adjoint: boolean, count: number, n: number, k: number): void {
  const width = n + k;
  const rows = new Float64Array(n * width);
  const permutation = new Int32Array(n);
  const usable = new Uint8Array(k);
  for (let matrix = 0; matrix < count; matrix++) {
    const finite = loadMatrix(a, matrix * n * n, n, adjoint, rows, width);
    usable.fill(1);
    for (let i = 0; i < n; i++) {
      for (let c = 0; c < k; c++) {
        const entry = b ? b[(matrix * n + i) * k + c] : Number(i === c);
        rows[i * width + n + c] = entry;
        if (!Number.isFinite(entry)) usable[c] = 0;
      }
    }
    if (finite) eliminate(rows, n, width, permutation);
    if (!finite || !substituteBack(rows, n, width)) usable.fill(0);
    for (let i = 0; i < n; i++) {
      for (let c = 0; c < k; c++) x[(matrix * n + i) * k + c] = usable[c] ? rows[i * width + n + c] : NaN;
    }
  }
}
