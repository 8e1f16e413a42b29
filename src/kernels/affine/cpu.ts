import type { CpuKernel } from '../fused/cpu.js';
import { SIGMOID_SHIFT, type AffineAttributes } from './spec.js';

/** One pass over memory. */
export const affineOnCpu: CpuKernel<AffineAttributes> = ([x, raw], [value, logDet], attributes) => {
  const { inverse } = attributes;
  for (let i = 0; i < x.length; i++) {
    const shift = raw[2 * i];
    const logScale = logScaleOf(raw[2 * i + 1], attributes);
    value[i] = inverse ? (x[i] - shift) * Math.exp(-logScale) : x[i] * Math.exp(logScale) + shift;
    logDet[i] = inverse ? -logScale : logScale;
  }
};

/** With `ℓ = log s`: `dx = s dy`, `dt = dy`, `dℓ = s x dy + dlogDet`; in the inverse direction `dt = -dx`, `dℓ = -y dy - dlogDet`. */
export const affineGradientOnCpu: CpuKernel<AffineAttributes> = ([x, raw, dValue, dLogDet], [dx, dRaw], attributes) => {
  const { inverse } = attributes;
  for (let i = 0; i < x.length; i++) {
    const u = raw[2 * i + 1];
    const logScale = logScaleOf(u, attributes);
    const slope = Math.exp(inverse ? -logScale : logScale);
    const scaled = dValue[i] * slope;
    const along = inverse ? x[i] - raw[2 * i] : x[i];
    const gLogScale = scaled * along + dLogDet[i];
    dx[i] = scaled;
    dRaw[2 * i] = inverse ? -scaled : dValue[i];
    dRaw[2 * i + 1] = (inverse ? -gLogScale : gLogScale) * logScaleSlope(u, attributes);
  }
};

function logScaleOf(u: number, { scale, bound, least }: AffineAttributes): number {
  if (scale === 'sigmoid') return Math.log(sigmoid(u + SIGMOID_SHIFT) + least);
  return bound === Infinity ? u : bound * Math.tanh(u / bound);
}

function logScaleSlope(u: number, { scale, bound, least }: AffineAttributes): number {
  // With no bound, 1 / cosh²(0).
  if (scale === 'exp') return 1 / Math.cosh(u / bound) ** 2;
  const share = sigmoid(u + SIGMOID_SHIFT);
  return (share * sigmoid(-u - SIGMOID_SHIFT)) / (share + least);
}

function sigmoid(u: number): number {
  return 1 / (1 + Math.exp(-u));
}
