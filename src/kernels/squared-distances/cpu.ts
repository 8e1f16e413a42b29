import type { CpuKernel } from '../fused/cpu.js';
import { MOST, type SquaredDistancesAttributes } from './spec.js';

/** `y[b, i] = min(Σ_j weights[j] (x[b, j] - points[i, j])², most)`, from differences, which do not cancel. */
export const squaredDistancesOnCpu: CpuKernel<SquaredDistancesAttributes> = (
  [x, points, weights],
  [y],
  _,
  [[rows, width], [count]],
) => {
  for (let b = 0, at = 0; b < rows; b++) {
    for (let i = 0; i < count; i++, at++) {
      let sum = 0;
      for (let j = 0; j < width; j++) sum += weights[j] * (x[b * width + j] - points[i * width + j]) ** 2;
      y[at] = Math.min(sum, MOST);
    }
  }
};

/**
 * With `d = x[b, j] - points[i, j]`: `dx[b, j] = 2 weights[j] Σ_i dy d`, `dpoints[i, j] = -2 weights[j] Σ_b dy d`,
 * `dweights[j] = Σ_bi dy d²`.
 */
export const squaredDistancesGradientOnCpu: CpuKernel<SquaredDistancesAttributes> = (
  [x, points, weights, dy],
  [dx, dPoints, dWeights],
  _,
  [[rows, width], [count]],
) => {
  const pointSums = new Float64Array(count * width);
  const weightSums = new Float64Array(width);
  for (let b = 0; b < rows; b++) {
    for (let j = 0; j < width; j++) {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const difference = x[b * width + j] - points[i * width + j];
        const along = dy[b * count + i] * difference;
        sum += along;
        pointSums[i * width + j] -= 2 * weights[j] * along;
        weightSums[j] += along * difference;
      }
      dx[b * width + j] = 2 * weights[j] * sum;
    }
  }
  dPoints.set(pointSums);
  dWeights.set(weightSums);
};
