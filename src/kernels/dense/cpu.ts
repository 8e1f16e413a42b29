import type { CpuKernel, Floats } from '../fused/cpu.js';
import { ACTIVATION_SLOPE, ACTIVATION_VALUE } from './fused-activation.js';
import type { DenseAttributes } from './spec.js';

/** `y = φ(x (W ∘ M) + b)`, sums in doubles. */
export const denseOnCpu: CpuKernel<DenseAttributes> = ([x, kernel, bias, mask], [y], { activation }, shapes) => {
  const [[batch, inputs], [, outputs]] = shapes;
  const value = ACTIVATION_VALUE[activation];
  const weights = masked(kernel, mask);
  const sums = new Float64Array(outputs);
  for (let row = 0; row < batch; row++) {
    sums.set(bias);
    for (let i = 0; i < inputs; i++) {
      const factor = x[row * inputs + i];
      for (let j = 0, at = i * outputs; j < outputs; j++, at++) sums[j] += factor * weights[at];
    }
    for (let j = 0; j < outputs; j++) y[row * outputs + j] = value(sums[j]);
  }
};

/** With `g = dy ∘ φ′`: `dx = g (W ∘ M)ᵀ`, `dW = (xᵀ g) ∘ M`, `db = Σ g`. */
export const denseGradientOnCpu: CpuKernel<DenseAttributes> = (
  [x, kernel, y, dy, mask],
  [dx, dKernel, dBias],
  { activation },
  shapes,
) => {
  const [[batch, inputs], [, outputs]] = shapes;
  const slope = ACTIVATION_SLOPE[activation];
  const weights = masked(kernel, mask);
  const g = new Float64Array(outputs);
  const kernelSums = new Float64Array(inputs * outputs);
  const biasSums = new Float64Array(outputs);
  for (let row = 0; row < batch; row++) {
    for (let j = 0, at = row * outputs; j < outputs; j++, at++) biasSums[j] += g[j] = dy[at] * slope(y[at]);
    for (let i = 0; i < inputs; i++) {
      const factor = x[row * inputs + i];
      let sum = 0;
      for (let j = 0, at = i * outputs; j < outputs; j++, at++) {
        sum += g[j] * weights[at];
        kernelSums[at] += factor * g[j];
      }
      dx[row * inputs + i] = sum;
    }
  }
  dKernel.set(masked(kernelSums, mask));
  dBias.set(biasSums);
};

function masked(kernel: Floats, mask: Floats | undefined): Floats {
  return mask ? kernel.map((weight, i) => weight * mask[i]) : kernel;
}
