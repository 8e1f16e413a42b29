/** A Gaussian with full covariance, by its mean and the Cholesky factor of its covariance. */
export interface Gaussian {
  readonly mean: number[];
  /** Lower triangle `L` of `covariance = L Lᵀ`. */
  readonly factor: number[][];
}

/**
 * The Gaussian of greatest likelihood: mean and covariance of the rows.
 *
 * @throws Error when the rows lie in a plane of fewer dimensions, where they have no density.
 */
export function fitGaussian(rows: readonly number[][]): Gaussian {
  const dims = rows[0].length;
  const mean = Array.from({ length: dims }, (_, i) => average(rows.map((row) => row[i])));
  const covariance = mean.map((mi, i) =>
    mean.slice(0, i + 1).map((mj, j) => average(rows.map((row) => (row[i] - mi) * (row[j] - mj)))),
  );
  return { mean, factor: cholesky(covariance) };
}

/** `log p(row)` in nats. */
export function gaussianLogDensity(gaussian: Gaussian, row: readonly number[]): number {
  const white = whiten(gaussian, row);
  const squares = white.reduce((sum, z) => sum + z * z, 0);
  return -0.5 * squares - logDeterminant(gaussian) - 0.5 * row.length * Math.log(2 * Math.PI);
}

/** `L⁻¹ (row - mean)`, by forward substitution. */
export function whiten({ mean, factor }: Gaussian, row: readonly number[]): number[] {
  const white: number[] = [];
  for (let i = 0; i < row.length; i++) {
    let rest = row[i] - mean[i];
    for (let j = 0; j < i; j++) rest -= factor[i][j] * white[j];
    white.push(rest / factor[i][i]);
  }
  return white;
}

/** `log det L`, half the log-determinant of the covariance. */
export function logDeterminant({ factor }: Gaussian): number {
  return factor.reduce((sum, row, i) => sum + Math.log(row[i]), 0);
}

function cholesky(lower: number[][]): number[][] {
  const factor: number[][] = [];
  lower.forEach((row, i) => {
    factor.push([]);
    row.forEach((entry, j) => {
      let rest = entry;
      for (let k = 0; k < j; k++) rest -= factor[i][k] * factor[j][k];
      if (i === j && !(rest > 1e-12 * entry)) throw new Error(`Column ${i} follows from those before it.`);
      factor[i].push(i === j ? Math.sqrt(rest) : rest / factor[j][j]);
    });
  });
  return factor;
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
