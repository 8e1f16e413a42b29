import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import type { RandomStream } from 'tfjs-flows';

/** Iterations of expectation and maximisation at most, and the change of a mean or covariance that ends them. */
const ITERATIONS = 50;
const TOLERANCE = 1e-5;
/** Added to variances, in units of a column: columns may be copies of each other. */
const RIDGE = 1e-6;

/** Mean and covariance, row by row; of coordinates of unit scale. */
export interface NormalState {
  readonly mean: readonly number[];
  readonly covariance: readonly (readonly number[])[];
}

/** A normal distribution of some coordinates given others: `x_missing = mean + factor ε`. */
interface Conditional {
  readonly missing: readonly number[];
  readonly present: readonly number[];
  /** `Σ_mp Σ_pp⁻¹`. */
  readonly gain: Matrix;
  readonly covariance: Matrix;
  /** Lower triangular. */
  readonly factor: Matrix;
  readonly logDeterminant: number;
}

/**
 * A multivariate normal distribution of rows with gaps (NaN), in doubles: it fills them, with the density of what it fills
 * in, which makes it a proposal for importance sampling. Fitted by expectation-maximisation.
 *
 * Source: Little, Rubin, "Statistical analysis with missing data", 2002, section 11.2.
 */
export class IncompleteNormal {
  readonly state: NormalState;
  readonly #conditionals = new Map<string, Conditional>();

  constructor(state: NormalState) {
    this.state = state;
  }

  /** The likeliest distribution of these rows, each of `dims` numbers or NaN. */
  static fitted(rows: readonly Float64Array[], dims: number): IncompleteNormal {
    const present = (d: number) => rows.map((row) => row[d]).filter((value) => !Number.isNaN(value));
    const mean = Array.from({ length: dims }, (_, d) => average(present(d)));
    const covariance = mean.map((m, d) => mean.map((_, e) => (d === e ? average(present(d).map((x) => (x - m) ** 2)) + RIDGE : 0))); // prettier-ignore
    let normal = new IncompleteNormal({ mean, covariance });
    const complete = rows.every((row) => !row.some(Number.isNaN));
    for (let iteration = 0; iteration < (complete ? 1 : ITERATIONS); iteration++) {
      const next = normal.#improved(rows);
      const change = next.#distance(normal);
      normal = next;
      if (change < TOLERANCE) break;
    }
    return normal;
  }

  /**
   * Fills the gaps of a row in place, by a draw given what is there.
   *
   * @param spread factor on the deviations of the draws: above 1 for proposals
   * @returns the log-density of what was filled in; 0 for a row without gaps
   */
  fill(row: Float64Array, stream: RandomStream, spread = 1): number {
    const missing = gapsOf(row);
    if (missing.length === 0) return 0;
    const { gain, factor, present, logDeterminant } = this.#given(missing);
    const mean = this.#conditionalMean(row, missing, present, gain);
    const noise = Array.from(missing, () => stream.nextNormal());
    missing.forEach((d, i) => {
      let value = mean[i];
      for (let j = 0; j <= i; j++) value += spread * factor.get(i, j) * noise[j];
      row[d] = value;
    });
    const square = noise.reduce((sum, z) => sum + z * z, 0);
    return -0.5 * square - logDeterminant / 2 - missing.length * (Math.log(spread) + 0.5 * Math.log(2 * Math.PI));
  }

  #improved(rows: readonly Float64Array[]): IncompleteNormal {
    const { mean } = this.state;
    const dims = mean.length;
    const sum = new Float64Array(dims);
    const squares = Matrix.zeros(dims, dims);
    const filled = new Float64Array(dims);
    for (const row of rows) {
      const missing = gapsOf(row);
      filled.set(row);
      if (missing.length > 0) {
        const { gain, covariance, present } = this.#given(missing);
        const values = this.#conditionalMean(row, missing, present, gain);
        missing.forEach((d, i) => {
          filled[d] = values[i];
          missing.forEach((e, j) => squares.set(d, e, squares.get(d, e) + covariance.get(i, j)));
        });
      }
      for (let d = 0; d < dims; d++) {
        sum[d] += filled[d];
        for (let e = 0; e < dims; e++) squares.set(d, e, squares.get(d, e) + filled[d] * filled[e]);
      }
    }
    const next = Array.from(sum, (value) => value / rows.length);
    const covariance = next.map((m, d) =>
      next.map((n, e) => squares.get(d, e) / rows.length - m * n + (d === e ? RIDGE : 0)),
    );
    return new IncompleteNormal({ mean: next, covariance });
  }

  #distance({ state }: IncompleteNormal): number {
    const { mean, covariance } = this.state;
    return Math.max(
      ...mean.map((m, d) => Math.abs(m - state.mean[d])),
      ...covariance.flatMap((row, d) => row.map((value, e) => Math.abs(value - state.covariance[d][e]))),
    );
  }

  #conditionalMean(row: Float64Array, missing: readonly number[], present: readonly number[], gain: Matrix): number[] {
    const { mean } = this.state;
    return missing.map((d, i) => present.reduce((value, e, j) => value + gain.get(i, j) * (row[e] - mean[e]), mean[d]));
  }

  #given(missing: readonly number[]): Conditional {
    const key = missing.join();
    const known = this.#conditionals.get(key);
    if (known) return known;
    const present = this.state.mean.map((_, d) => d).filter((d) => !missing.includes(d));
    const covariance = new Matrix(this.state.covariance.map((row) => [...row]));
    const own = covariance.selection([...missing], [...missing]);
    let gain = Matrix.zeros(missing.length, present.length);
    let rest = own;
    if (present.length > 0) {
      const across = covariance.selection([...missing], [...present]);
      gain = new CholeskyDecomposition(covariance.selection([...present], [...present])).solve(across.transpose()).transpose(); // prettier-ignore
      rest = Matrix.sub(own, gain.mmul(across.transpose()));
      // Rounding leaves the two halves apart by a last digit.
      rest = Matrix.add(rest, rest.transpose()).mul(0.5);
    }
    for (let i = 0; i < missing.length; i++) rest.set(i, i, Math.max(rest.get(i, i), RIDGE));
    const factor = new CholeskyDecomposition(rest).lowerTriangularMatrix;
    const logDeterminant = missing.reduce((sum, _, i) => sum + 2 * Math.log(factor.get(i, i)), 0);
    const conditional = { missing, present, gain, covariance: rest, factor, logDeterminant };
    this.#conditionals.set(key, conditional);
    return conditional;
  }
}

function gapsOf(row: Float64Array): number[] {
  const gaps: number[] = [];
  row.forEach((value, d) => {
    if (Number.isNaN(value)) gaps.push(d);
  });
  return gaps;
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
