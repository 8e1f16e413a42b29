import { eliminate, loadMatrix } from '../elimination/cpu.js';
import type { CpuKernel } from '../fused/cpu.js';

/** Both factors of each matrix in one, and the original index of each row. */
export const luOnCpu: CpuKernel<object> = ([a], [packed, permutation], _, [[count, n]]) => {
  const rows = new Float64Array(n * n);
  const order = new Int32Array(n);
  for (let matrix = 0; matrix < count; matrix++) {
    const finite = loadMatrix(a, matrix * n * n, n, false, rows, n);
    eliminate(finite ? rows : rows.fill(0), n, n, order);
    packed.set(finite ? rows : rows.fill(NaN), matrix * n * n);
    permutation.set(order, matrix * n);
  }
};
