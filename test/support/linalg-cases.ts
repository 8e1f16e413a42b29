import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { inverse, logAbsDet, lu, RandomStream, slogdet, solve, triangularSolve } from '../../src/index.js';
import { inverse64, lu64, slogdet64, solve64, transpose64, triangle64 } from './float64-linalg.js';

/** One public function with fixed options: as it is called, and the same of one matrix in float64. */
export interface LinalgCase {
  readonly name: string;
  /** Columns of the right-hand side; null where there is none. */
  readonly columns: number | null;
  readonly triangular: boolean;
  run(inputs: Tensor[]): Tensor;
  exact(inputs: ArrayLike<number>[], n: number): number[];
}

const K = 2;

/** Every function and option. */
export const LINALG_CASES: readonly LinalgCase[] = [
  {
    name: 'logAbsDet',
    columns: null,
    triangular: false,
    run: ([a]) => logAbsDet(a),
    exact: ([a], n) => [slogdet64(a, n).logAbsDet],
  },
  {
    name: 'slogdet',
    columns: null,
    triangular: false,
    run: ([a]) => {
      const { sign, logAbsDet } = slogdet(a);
      return tf.mul(sign, logAbsDet);
    },
    exact: ([a], n) => {
      const { sign, logAbsDet } = slogdet64(a, n);
      return [sign * logAbsDet];
    },
  },
  {
    name: 'inverse',
    columns: null,
    triangular: false,
    run: ([a]) => inverse(a),
    exact: ([a], n) => inverse64(a, n),
  },
  {
    name: 'lu',
    columns: null,
    triangular: false,
    run: ([a]) => {
      const { lower, upper } = lu(a);
      return tf.concat([lower, upper], -2 + a.rank);
    },
    exact: ([a], n) => lu64(a, n),
  },
  ...[false, true].map((adjoint): LinalgCase => ({
    name: `solve, adjoint ${adjoint}`,
    columns: K,
    triangular: false,
    run: ([a, b]) => solve(a, b, { adjoint }),
    exact: ([a, b], n) => solve64(adjoint ? transpose64(a, n) : a, n, b, K),
  })),
  ...[true, false]
    .flatMap((lower) => [true, false].map((adjoint) => ({ lower, adjoint })))
    .flatMap((flags) => [true, false].map((unitDiagonal) => ({ ...flags, unitDiagonal })))
    .map((options): LinalgCase => ({
      name: `triangularSolve ${JSON.stringify(options)}`,
      columns: K,
      triangular: true,
      run: ([t, b]) => triangularSolve(t, b, options),
      exact: ([t, b], n) => {
        const triangle = triangle64(t, n, options.lower, options.unitDiagonal);
        return solve64(options.adjoint ? transpose64(triangle, n) : triangle, n, b, K);
      },
    })),
];

/** Inputs of a case for `count` matrices: random numbers, triangles with a diagonal that keeps them well-conditioned. */
export function linalgInputs({ columns, triangular }: LinalgCase, n: number, count: number, seed: string) {
  const stream = new RandomStream(`${seed} ${n}`);
  const matrices = stream.normal(count * n * n);
  if (triangular) {
    for (let i = 0; i < matrices.length; i++) {
      const onDiagonal = Math.floor(i / n) % n === i % n;
      matrices[i] = onDiagonal ? 1 + Math.abs(matrices[i]) : matrices[i] / n;
    }
  }
  const a = { shape: [count, n, n], values: Float32Array.from(matrices) };
  if (columns === null) return [a];
  return [a, { shape: [count, n, columns], values: Float32Array.from(stream.normal(count * n * columns)) }];
}

/** Results for each matrix of a batch, in float64, and the condition of the worst matrix. */
export function exactResults(of: LinalgCase, inputs: ReturnType<typeof linalgInputs>) {
  const [{ shape }] = inputs;
  const [count, n] = shape;
  let condition = 1;
  const results = Array.from({ length: count }, (_, matrix) => {
    const parts = inputs.map(({ values }) => {
      const size = values.length / count;
      return Float64Array.from(values.subarray(matrix * size, (matrix + 1) * size));
    });
    if (!of.triangular) condition = Math.max(condition, norm(parts[0]) * norm(inverse64(parts[0], n)));
    return of.exact(parts, n);
  });
  return { values: results.flat(), condition };
}

/** Of Frobenius. */
function norm(a: ArrayLike<number>): number {
  return Math.hypot(...Array.from(a));
}

/** Largest `|a - b|` against the largest `|b|`, or 1; infinite where one is NaN and the other not. */
export function errorOf(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  const scale = Math.max(1, ...Array.from(expected, Math.abs).filter(Number.isFinite));
  return Array.from(expected, (exact, i) => {
    if (Object.is(actual[i], exact) || actual[i] === exact) return 0;
    const error = Math.abs(actual[i] - exact) / scale;
    return Number.isNaN(error) ? Infinity : error;
  }).reduce((most, error) => Math.max(most, error), 0);
}

/** Weights of the entries of a result in the scalar whose derivatives are compared. */
export function linalgWeights(size: number): Float32Array {
  return Float32Array.from(new RandomStream('weights').normal(size));
}

/** The gradients of the weighted sum of a result, and the gradients of `Σ v · gradient` for a direction `v`, as tensors. */
export function derivatives(of: LinalgCase, inputs: Tensor[], directions: Tensor[]) {
  const loss = (...at: Tensor[]) => {
    const y = of.run(at);
    return tf.sum(tf.mul(y, tf.tensor(linalgWeights(y.size), y.shape))) as tf.Scalar;
  };
  const along = (...at: Tensor[]) => {
    const terms = tf
      .grads(loss)(at)
      .map((g, i) => tf.sum(tf.mul(g, directions[i])));
    return terms.reduce((sum, term) => tf.add(sum, term)) as tf.Scalar;
  };
  return { first: tf.grads(loss)(inputs), second: tf.grads(along)(inputs) };
}

/** The same by central differences in float64, for inputs that hold one matrix. */
export function differences(of: LinalgCase, inputs: Float64Array[], n: number, directions: ArrayLike<number>[]) {
  const loss = (at: Float64Array[]) => {
    const y = of.exact(at, n);
    const weights = linalgWeights(y.length);
    return y.reduce((sum, u, i) => sum + u * weights[i], 0);
  };
  const shifted = (input: number, entry: number, step: number, slide: number) =>
    inputs.map((values, i) =>
      values.map((u, j) => u + slide * directions[i][j] + (i === input && j === entry ? step : 0)),
    );
  const slope = (input: number, entry: number, slide: number) =>
    central((step) => loss(shifted(input, entry, step, slide)));
  const over = (compute: (input: number, entry: number) => number) =>
    inputs.map((values, input) => Array.from(values, (_, entry) => compute(input, entry)));
  return {
    first: over((input, entry) => slope(input, entry, 0)),
    second: over((input, entry) => central((slide) => slope(input, entry, slide))),
  };
}

/** The derivative at zero, to fourth order in the step. */
function central(f: (step: number) => number): number {
  const h = 2e-4;
  return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
}
