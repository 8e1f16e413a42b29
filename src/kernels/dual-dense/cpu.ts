import { ACTIVATION_SLOPE, ACTIVATION_VALUE } from '../dense/fused-activation.js';
import type { CpuKernel } from '../fused/cpu.js';
import { ACTIVATION_CURVATURE } from './curvature.js';
import type { DualDenseAttributes } from './spec.js';

/** `y_0 = φ(u_0)` with `u_0 = x_0 W + shift`, `y_k = φ′(u_0) ∘ (x_k W)`; sums in doubles. */
export const dualDenseOnCpu: CpuKernel<DualDenseAttributes> = ([x, kernel, shift], [y], attributes, shapes) => {
  const [[batch, entries, inputs], [, outputs]] = shapes;
  const value = ACTIVATION_VALUE[attributes.activation];
  const slope = ACTIVATION_SLOPE[attributes.activation];
  const sums = new Float64Array(outputs);
  const slopes = new Float64Array(outputs);
  for (let row = 0; row < batch; row++) {
    const shiftAt = attributes.shiftPerRow ? row * outputs : 0;
    for (let entry = 0; entry < entries; entry++) {
      const from = (row * entries + entry) * inputs;
      const to = (row * entries + entry) * outputs;
      for (let j = 0; j < outputs; j++) sums[j] = entry === 0 ? shift[shiftAt + j] : 0;
      for (let i = 0; i < inputs; i++) {
        const factor = x[from + i];
        for (let j = 0, at = i * outputs; j < outputs; j++, at++) sums[j] += factor * kernel[at];
      }
      for (let j = 0; j < outputs; j++) {
        if (entry === 0) {
          const v = value(sums[j]);
          slopes[j] = slope(v);
          y[to + j] = v;
        } else {
          y[to + j] = slopes[j] * sums[j];
        }
      }
    }
  }
};

/**
 * With `s = φ′` and `r = φ″ / φ′`, both found from `y_0`, the gradient of the pre-activations is `g_k = dy_k ∘ s` and
 * `g_0 = dy_0 ∘ s + r ∘ Σ_k dy_k ∘ y_k`; then `dx = g Wᵀ`, `dW = Σ xᵀ g`, `dshift = g_0`.
 */
export const dualDenseGradientOnCpu: CpuKernel<DualDenseAttributes> = (
  [x, kernel, y, dy],
  [dx, dKernel, dShift],
  { activation, shiftPerRow },
  shapes,
) => {
  const [[batch, entries, inputs], [, outputs]] = shapes;
  const slope = ACTIVATION_SLOPE[activation];
  const curvature = ACTIVATION_CURVATURE[activation];
  const g = new Float64Array(entries * outputs);
  const kernelSums = new Float64Array(inputs * outputs);
  const shiftSums = new Float64Array(outputs);
  for (let row = 0; row < batch; row++) {
    const begin = row * entries * outputs;
    for (let j = 0; j < outputs; j++) {
      const s = slope(y[begin + j]);
      let along = 0;
      for (let at = j + outputs; at < g.length; at += outputs) {
        g[at] = dy[begin + at] * s;
        along += dy[begin + at] * y[begin + at];
      }
      g[j] = dy[begin + j] * s + (curvature ? curvature(y[begin + j]) * along : 0);
      if (shiftPerRow) dShift[row * outputs + j] = g[j];
      else shiftSums[j] += g[j];
    }
    for (let entry = 0; entry < entries; entry++) {
      const from = (row * entries + entry) * inputs;
      for (let i = 0; i < inputs; i++) {
        let sum = 0;
        for (let j = 0, at = i * outputs, up = entry * outputs; j < outputs; j++, at++, up++) {
          sum += g[up] * kernel[at];
          kernelSums[at] += x[from + i] * g[up];
        }
        dx[from + i] = sum;
      }
    }
  }
  dKernel.set(kernelSums);
  if (!shiftPerRow) dShift.set(shiftSums);
};
