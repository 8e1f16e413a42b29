/** Number, mean and scatter matrix of some vectors. */
export interface Moments {
  /** Number of vectors. */
  readonly count: number;
  /** Their mean. */
  readonly mean: readonly number[];
  /** `Σ (x - mean)(x - mean)ᵀ`, row by row. */
  readonly scatter: readonly (readonly number[])[];
}

/**
 * Mean and covariance of vectors that come one batch after the other, in doubles. Each batch has its moments taken in two
 * passes, and is then joined to those before (Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for
 * computing sample variances", 1979).
 */
export class RunningMoments {
  static restore({ count, mean, scatter }: Moments): RunningMoments {
    const moments = new RunningMoments(mean.length);
    moments.#count = count;
    moments.#mean = Float64Array.from(mean);
    moments.#scatter = scatter.map((row) => Float64Array.from(row));
    return moments;
  }

  readonly dims: number;
  #count = 0;
  #mean: Float64Array;
  #scatter: Float64Array[];

  constructor(dims: number) {
    this.dims = dims;
    this.#mean = new Float64Array(dims);
    this.#scatter = Array.from({ length: dims }, () => new Float64Array(dims));
  }

  get count(): number {
    return this.#count;
  }

  get mean(): number[] {
    return [...this.#mean];
  }

  get state(): Moments {
    return { count: this.#count, mean: this.mean, scatter: this.#scatter.map((row) => [...row]) };
  }

  /** Divisor `count - correction`. */
  covariance(correction: 0 | 1): number[][] {
    return this.#scatter.map((row) => Array.from(row, (value) => value / (this.#count - correction)));
  }

  /** Adds vectors, row-major `[n, dims]`. */
  add(values: ArrayLike<number>): void {
    const { dims } = this;
    const rows = values.length / dims;
    if (rows === 0) return;
    const mean = new Float64Array(dims);
    for (let i = 0; i < values.length; i++) mean[i % dims] += values[i] / rows;
    const centred = new Float64Array(dims);
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < dims; i++) centred[i] = values[row * dims + i] - mean[i];
      this.#addProduct(centred, 1);
    }
    const total = this.#count + rows;
    const between = mean.map((value, i) => value - this.#mean[i]);
    this.#addProduct(between, (this.#count * rows) / total);
    this.#mean = this.#mean.map((value, i) => value + (between[i] * rows) / total);
    this.#count = total;
  }

  /** `scatter += weight · v vᵀ`. */
  #addProduct(v: Float64Array, weight: number): void {
    for (let i = 0; i < this.dims; i++) {
      const row = this.#scatter[i];
      const factor = weight * v[i];
      for (let j = 0; j < this.dims; j++) row[j] += factor * v[j];
    }
  }
}
