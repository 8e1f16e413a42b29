import type { GpuKernel } from '../fused/gpu.js';
import type { AdamAttributes } from './spec.js';

/** One number a thread: a new parameter, mean or mean square. */
export const adamOnGpu: GpuKernel<AdamAttributes> = ([[count]], attributes) => {
  const { beta1, beta2, stepSize, rootScale, epsilon, decay } = attributes;
  // 1 - β is worked out in doubles: from a β near 1 in float32 it would keep few digits.
  const floats = { beta1, rest1: 1 - beta1, beta2, rest2: 1 - beta2, stepSize, rootScale, epsilon, decay };
  return { code, ints: { count }, floats };
};

const code = `
float compute(int index) {
  int i = index % count;
  float g = gradient(i);
  float m = beta1 * mean(i) + rest1 * g;
  float v = beta2 * meanSquare(i) + rest2 * g * g;
  if (index < count) {
    return decay * parameters(i) - stepSize * m / (rootScale * sqrt(v) + epsilon);
  }
  return pick(index < 2 * count, m, v);
}`;
