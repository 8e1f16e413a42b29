import type { GpuKernel } from '../fused/gpu.js';

/** One sum a row. */
export const sumLogDetsOnGpu: GpuKernel<object> = ([[, dims]]) => ({
  ints: { dims },
  code: `
float compute(int index) {
  float sum = 0.0;
  for (int i = 0; i < dims; i++) {
    sum += x(index * dims + i);
  }
  return sum;
}`,
});

/** Every coordinate gets the gradient of its row's sum. */
export const sumLogDetsGradientOnGpu: GpuKernel<object> = ([[, dims]]) => ({
  ints: { dims },
  code: `
float compute(int index) {
  return dy(index / dims);
}`,
});
