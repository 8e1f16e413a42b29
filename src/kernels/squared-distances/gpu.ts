import type { GpuKernel } from '../fused/gpu.js';
import { MOST, type SquaredDistancesAttributes } from './spec.js';

/** One distance. */
export const squaredDistancesOnGpu: GpuKernel<SquaredDistancesAttributes> = ([[, width], [count]]) => ({
  ints: { width, count },
  code: `
float compute(int index) {
  int b = index / count;
  int i = index - b * count;
  float sum = 0.0;
  for (int j = 0; j < width; j++) {
    float difference = x(b * width + j) - points(i * width + j);
    sum += weights(j) * difference * difference;
  }
  return min(sum, ${MOST.toFixed(1)});
}`,
});

/** `dx`, then `dpoints`, then `dweights`; formulas in {@link ./cpu.ts}. Sums over all pairs are sums of those of a row. */
export const squaredDistancesGradientOnGpu: GpuKernel<SquaredDistancesAttributes> = ([[rows, width], [count]]) => ({
  ints: { rows, width, count },
  code: `
float overPoints(int b, int j, bool squared) {
  float entry = x(b * width + j);
  float sum = 0.0;
  for (int i = 0; i < count; i++) {
    float difference = entry - points(i * width + j);
    float along = dy(b * count + i) * difference;
    if (squared) {
      along *= difference;
    }
    sum += along;
  }
  return sum;
}
float overRows(int i, int j) {
  float entry = points(i * width + j);
  float sum = 0.0;
  for (int b = 0; b < rows; b++) {
    sum += dy(b * count + i) * (entry - x(b * width + j));
  }
  return sum;
}
float compute(int index) {
  if (index < rows * width) {
    int b = index / width;
    int j = index - b * width;
    return 2.0 * weights(j) * overPoints(b, j, false);
  }
  int at = index - rows * width;
  if (at < count * width) {
    int i = at / width;
    int k = at - i * width;
    return 2.0 * weights(k) * overRows(i, k);
  }
  float sum = 0.0;
  for (int row = 0; row < rows; row++) {
    sum += overPoints(row, at - count * width, true);
  }
  return sum;
}`,
});
