import { fitGaussian, logDeterminant, whiten, type Gaussian } from './gaussian.js';

/** A kernel density estimate: a small Gaussian, shaped like the data's covariance, around every training row. */
export interface KernelDensity {
  readonly shape: Gaussian;
  /** Whitened training rows, one after the other. */
  readonly centres: Float64Array;
  readonly count: number;
  /** Width of the kernel in units of the data's covariance. */
  readonly bandwidth: number;
}

/** Fits a kernel density estimate whose bandwidth is the best of a grid on held-out rows. */
export function fitKernelDensity(rows: readonly number[][], heldOut: readonly number[][]): KernelDensity {
  const shape = fitGaussian(rows);
  const centres = Float64Array.from(rows.flatMap((row) => whiten(shape, row)));
  const candidates = [0.05, 0.07, 0.1, 0.14, 0.2, 0.28, 0.4].map((bandwidth) => {
    const density = { shape, centres, count: rows.length, bandwidth };
    const score = heldOut.reduce((sum, row) => sum + kernelLogDensity(density, row), 0);
    return { density, score };
  });
  return candidates.reduce((best, next) => (next.score > best.score ? next : best)).density;
}

/** `log p(row)` in nats: the logarithm of the mean of all kernels there. */
export function kernelLogDensity({ shape, centres, count, bandwidth }: KernelDensity, row: readonly number[]): number {
  const dims = row.length;
  const at = whiten(shape, row);
  const scale = -0.5 / bandwidth ** 2;
  // Sum of exponentials with a running maximum, so that a lone outlier does not underflow.
  let largest = -Infinity;
  let sum = 0;
  for (let c = 0; c < count; c++) {
    let squares = 0;
    for (let i = 0, k = c * dims; i < dims; i++, k++) squares += (at[i] - centres[k]) ** 2;
    const exponent = squares * scale;
    if (exponent > largest) {
      sum = sum * Math.exp(largest - exponent) + 1;
      largest = exponent;
    } else if (exponent > largest - 40) {
      sum += Math.exp(exponent - largest);
    }
  }
  const norm = Math.log(count) + dims * (Math.log(bandwidth) + 0.5 * Math.log(2 * Math.PI));
  return largest + Math.log(sum) - norm - logDeterminant(shape);
}
