import type { RandomStream } from 'tfjs-flows';

type Rows = readonly ArrayLike<number>[];

/** A normal component: its weight, mean, and Cholesky factor of the covariance, row by row. */
interface Component {
  readonly logWeight: number;
  readonly mean: Float64Array;
  readonly factor: Float64Array;
}

/** A mixture of normal distributions with covariances of their own. */
export interface GaussianMixture {
  logDensity(row: ArrayLike<number>): number;
}

const ITERATIONS = 100;
/** The same in each variance, as scikit-learn has it, of rows of unit variance. */
const RIDGE = 1e-6;
/** Gain of the mean `ln p` at which iterations end. */
const LEAST_GAIN = 1e-4;

/** A mixture of `count` components, by expectation maximisation from random rows. */
export function fitGaussianMixture(rows: Rows, count: number, stream: RandomStream): GaussianMixture {
  const dims = rows[0].length;
  const { mean, covariance } = momentsOf(rows, () => 1, dims);
  const factor = cholesky(covariance, dims);
  const order = stream.permutation(rows.length);
  let components: Component[] = Array.from({ length: count }, (_, k) => ({
    logWeight: -Math.log(count),
    mean: count === 1 ? mean : Float64Array.from(rows[order[k]]),
    factor,
  }));
  let before = -Infinity;
  for (let iteration = 0; count > 1 && iteration < ITERATIONS; iteration++) {
    const shares = Array.from({ length: count }, () => new Float64Array(rows.length));
    let total = 0;
    rows.forEach((row, i) => {
      const terms = components.map((component) => logTerm(component, row, dims));
      const sum = logSumExp(terms);
      total += sum;
      terms.forEach((term, k) => (shares[k][i] = Math.exp(term - sum)));
    });
    components = shares.map((share) => {
      const { weight, mean: centre, covariance: own } = momentsOf(rows, (i) => share[i], dims);
      return { logWeight: Math.log(weight / rows.length), mean: centre, factor: cholesky(own, dims) };
    });
    if (total / rows.length - before < LEAST_GAIN) break;
    before = total / rows.length;
  }
  return { logDensity: (row) => logSumExp(components.map((component) => logTerm(component, row, dims))) };
}

/** Log of the weight times the density, by forward substitution. */
function logTerm({ logWeight, mean, factor }: Component, row: ArrayLike<number>, dims: number): number {
  const solved = new Float64Array(dims);
  let [squares, logDet] = [0, 0];
  for (let i = 0; i < dims; i++) {
    let value = row[i] - mean[i];
    for (let j = 0; j < i; j++) value -= factor[i * dims + j] * solved[j];
    solved[i] = value / factor[i * dims + i];
    squares += solved[i] ** 2;
    logDet += Math.log(factor[i * dims + i]);
  }
  return logWeight - squares / 2 - logDet - (dims / 2) * Math.log(2 * Math.PI);
}

function momentsOf(rows: Rows, weightOf: (row: number) => number, dims: number) {
  const mean = new Float64Array(dims);
  const covariance = new Float64Array(dims * dims);
  let weight = 1e-12;
  rows.forEach((row, r) => {
    const share = weightOf(r);
    weight += share;
    for (let i = 0; i < dims; i++) mean[i] += share * row[i];
  });
  for (let i = 0; i < dims; i++) mean[i] /= weight;
  rows.forEach((row, r) => {
    const share = weightOf(r);
    for (let i = 0; i < dims; i++) {
      const away = share * (row[i] - mean[i]);
      for (let j = 0; j <= i; j++) covariance[i * dims + j] += away * (row[j] - mean[j]);
    }
  });
  for (let i = 0; i < dims; i++) {
    for (let j = 0; j <= i; j++) covariance[i * dims + j] /= weight;
    covariance[i * dims + i] += RIDGE;
  }
  return { weight, mean, covariance };
}

/** The lower factor of a matrix, of which the lower triangle is given. */
function cholesky(matrix: Float64Array, dims: number): Float64Array {
  const factor = new Float64Array(dims * dims);
  for (let i = 0; i < dims; i++) {
    for (let j = 0; j <= i; j++) {
      let value = matrix[i * dims + j];
      for (let k = 0; k < j; k++) value -= factor[i * dims + k] * factor[j * dims + k];
      factor[i * dims + j] = i === j ? Math.sqrt(Math.max(value, RIDGE)) : value / factor[j * dims + j];
    }
  }
  return factor;
}

/** `log Σ exp` of some terms. */
export function logSumExp(terms: ArrayLike<number>): number {
  let most = -Infinity;
  for (let i = 0; i < terms.length; i++) most = Math.max(most, terms[i]);
  let sum = 0;
  for (let i = 0; i < terms.length; i++) sum += Math.exp(terms[i] - most);
  return most + Math.log(sum);
}
