import type { CpuKernel } from '../fused/cpu.js';
import type { TriangularSolveAttributes } from './spec.js';

/** Substitution, forward for a lower and backward for an upper triangular matrix, in doubles. */
export const triangularSolveOnCpu: CpuKernel<TriangularSolveAttributes> = (
  [t, b],
  [x],
  { lower, adjoint, unitDiagonal },
  [[count, n], [, , k]],
) => {
  const forward = lower !== adjoint;
  const solved = new Float64Array(n);
  for (let matrix = 0; matrix < count; matrix++) {
    const entry = (i: number, j: number) => t[matrix * n * n + (adjoint ? j * n + i : i * n + j)];
    for (let c = 0; c < k; c++) {
      let usable = true;
      for (let step = 0; step < n; step++) {
        const i = forward ? step : n - 1 - step;
        const [begin, end] = forward ? [0, i] : [i + 1, n];
        let rest = b[(matrix * n + i) * k + c];
        usable &&= Number.isFinite(rest);
        for (let j = begin; j < end; j++) {
          rest -= entry(i, j) * solved[j];
          usable &&= Number.isFinite(entry(i, j));
        }
        const pivot = unitDiagonal ? 1 : entry(i, i);
        usable &&= Number.isFinite(pivot) && pivot !== 0;
        solved[i] = rest / pivot;
      }
      for (let i = 0; i < n; i++) x[(matrix * n + i) * k + c] = usable ? solved[i] : NaN;
    }
  }
};
