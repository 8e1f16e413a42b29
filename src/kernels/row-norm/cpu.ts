import type { CpuKernel, Floats } from '../fused/cpu.js';
import type { RowNormAttributes } from './spec.js';

/** One row after the other, sums in doubles. */
export const rowNormOnCpu: CpuKernel<RowNormAttributes> = ([x, gain, bias], [y], attributes, [[rows, width]]) => {
  for (let row = 0; row < rows; row++) {
    const at = row * width;
    const { normal } = normalise(x.subarray(at, at + width), attributes);
    for (let j = 0; j < width; j++) y[at + j] = normal[j] * gain[j] + bias[j];
  }
};

/**
 * With the normalised row `n`, the factor `r` that made it, and `g = dy ∘ gain`: `dx = r (g - mean(g) - n mean(g ∘ n))`,
 * `dgain = Σ dy ∘ n`, `dbias = Σ dy`. Where no mean is taken off, there is none in the gradient.
 */
export const rowNormGradientOnCpu: CpuKernel<RowNormAttributes> = (
  [x, gain, dy],
  [dx, dGain, dBias],
  attributes,
  [[rows, width]],
) => {
  const gainSums = new Float64Array(width);
  const biasSums = new Float64Array(width);
  for (let row = 0; row < rows; row++) {
    const at = row * width;
    const { normal, factor } = normalise(x.subarray(at, at + width), attributes);
    let mean = 0;
    let along = 0;
    for (let j = 0; j < width; j++) {
      const g = dy[at + j] * gain[j];
      mean += g / width;
      along += (g * normal[j]) / width;
      gainSums[j] += dy[at + j] * normal[j];
      biasSums[j] += dy[at + j];
    }
    if (!attributes.center) mean = 0;
    for (let j = 0; j < width; j++) dx[at + j] = factor * (dy[at + j] * gain[j] - mean - normal[j] * along);
  }
  dGain.set(gainSums);
  dBias.set(biasSums);
};

/** `n = (x - mean) r` and `r`; no square can overflow in doubles. */
function normalise(x: Floats, { center, epsilon }: RowNormAttributes): { normal: Float64Array; factor: number } {
  const values = Float64Array.from(x);
  const mean = center ? values.reduce((sum, value) => sum + value, 0) / x.length : 0;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  const factor = 1 / Math.sqrt(square + epsilon);
  return { normal: values.map((value) => (value - mean) * factor), factor };
}
