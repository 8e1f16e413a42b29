import type { CpuKernel } from '../fused/cpu.js';
import type { CombinationAttributes } from './spec.js';

/** `y + Σ c_i k_i`, sums in doubles. */
export const combinationOnCpu: CpuKernel<CombinationAttributes> = ([y, ...ks], [sum], { coefficients }) => {
  for (let n = 0; n < y.length; n++) {
    let total = y[n];
    for (let i = 0; i < ks.length; i++) total += coefficients[i] * ks[i][n];
    sum[n] = total;
  }
};
