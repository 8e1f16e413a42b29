import type { CpuKernel } from '../fused/cpu.js';
import type { SmoothUnitAttributes } from './spec.js';

/** `x F(x)`, with the distribution function of the normal or the logistic distribution. */
export const smoothUnitOnCpu: CpuKernel<SmoothUnitAttributes> = ([x], [y], { kind }) => {
  for (let i = 0; i < x.length; i++) y[i] = x[i] * distributionAt(x[i], kind);
};

/** `dx = dy (F(x) + x F′(x))`. */
export const smoothUnitGradientOnCpu: CpuKernel<SmoothUnitAttributes> = ([x, dy], [dx], { kind }) => {
  for (let i = 0; i < x.length; i++) dx[i] = dy[i] * (distributionAt(x[i], kind) + x[i] * densityAt(x[i], kind));
};

function distributionAt(x: number, kind: SmoothUnitAttributes['kind']): number {
  return kind === 'gelu' ? (1 + erf(x * Math.SQRT1_2)) / 2 : 1 / (1 + Math.exp(-x));
}

function densityAt(x: number, kind: SmoothUnitAttributes['kind']): number {
  if (kind === 'gelu') return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  const share = 1 / (1 + Math.exp(-Math.abs(x)));
  return share * (1 - share);
}

/**
 * Error function by its series, `2/√π e^(-x²) Σ 2ⁿ x^(2n+1) / (2n+1)!!`, whose terms have one sign; from 6 on it is 1 in
 * doubles.
 */
function erf(x: number): number {
  if (Number.isNaN(x) || Math.abs(x) >= 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
