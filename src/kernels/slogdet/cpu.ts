import { eliminate, loadMatrix } from '../elimination/cpu.js';
import type { CpuKernel } from '../fused/cpu.js';

/** Sign and logarithm of each determinant, in doubles. */
export const slogdetOnCpu: CpuKernel<object> = ([a], [sign, logAbsDet], _, [[count, n]]) => {
  const rows = new Float64Array(n * n);
  const permutation = new Int32Array(n);
  for (let matrix = 0; matrix < count; matrix++) {
    const finite = loadMatrix(a, matrix * n * n, n, false, rows, n);
    let s = finite ? eliminate(rows, n, n, permutation) : NaN;
    let log = finite ? 0 : NaN;
    for (let i = 0; finite && i < n; i++) {
      const pivot = rows[i * n + i];
      s *= Math.sign(pivot);
      log += Math.log(Math.abs(pivot));
    }
    sign[matrix] = s + 0; // not -0
    logAbsDet[matrix] = log;
  }
};
