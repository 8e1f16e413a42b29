import type { GpuKernel } from '../fused/gpu.js';
import type { CombinationAttributes } from './spec.js';

/** One number a thread; the coefficients are uniforms, so that steps of other sizes are no other program. */
export const combinationOnGpu: GpuKernel<CombinationAttributes> = (_, { coefficients }) => ({
  ints: {},
  floats: Object.fromEntries(coefficients.map((value, i) => [`c${i}`, value])),
  code: `
float compute(int index) {
  return y(index)${coefficients.map((_, i) => ` + c${i} * k${i}(index)`).join('')};
}`,
});
