import { FlowConfigError } from '../errors.js';

/** When Sinkhorn iterations end. */
export interface SinkhornOptions {
  /** Weight of the entropy, in the unit of the costs; positive. */
  readonly regularisation: number;
  /** How much of the mass may be in the wrong rows. Default: 1e-4. */
  readonly tolerance?: number;
  /** Updates of all rows and columns after which the plan is taken as it is. Default: 1000. */
  readonly maxIterations?: number;
}

/** Scalings in a row between two updates in the log domain. */
const BURST = 25;
/** Scalings beyond this go into the potentials: well within what doubles hold. */
const LARGEST = 1e60;

/**
 * Entropic optimal transport between two sets of `n` points of equal weight: the plan `P` with
 * `min ⟨P, C⟩ + ε Σ P log P`, all of whose rows and columns add up to `1/n`.
 *
 * `P_ij = exp(a_i + b_j − C_ij/ε)`. Potentials are updated in the log domain, in doubles, so that no `ε` is too small; in
 * between, while numbers stay within range, by scaling rows and columns of the plan in place, which takes no
 * exponentials (Cuturi, "Sinkhorn distances", 2013; Schmitzer, "Stabilized sparse scaling algorithms for entropy
 * regularized transport problems", 2019). The columns of the result are exact; its rows are up to the tolerance.
 *
 * @param cost finite costs `C`, `n × n`, row by row
 * @returns `P`, `n × n`, row by row
 * @throws FlowConfigError for a regularisation that is not positive.
 */
export function sinkhorn(cost: Float64Array | Float32Array, n: number, options: SinkhornOptions): Float64Array {
  const { regularisation, tolerance = 1e-4, maxIterations = 1000 } = options;
  if (!(regularisation > 0 && regularisation < Infinity)) {
    throw new FlowConfigError('sinkhorn.regularisation', {
      expected: 'a positive number',
      got: String(regularisation),
    });
  }
  const scores = Float64Array.from(cost, (c) => -c / regularisation);
  const [a, b] = [new Float64Array(n), new Float64Array(n)];
  const plan = new Float64Array(n * n);
  for (let iteration = 0; ;) {
    balance(scores, n, a, b, 'rows');
    balance(scores, n, b, a, 'columns');
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) plan[i * n + j] = Math.exp(scores[i * n + j] + a[i] + b[j]);
    }
    iteration++;
    const { done, taken } = scale(plan, n, a, b, tolerance, Math.min(BURST, maxIterations - iteration));
    iteration += taken;
    if (done || iteration >= maxIterations) break;
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) plan[i * n + j] = Math.exp(scores[i * n + j] + a[i] + b[j]);
  }
  return plan;
}

/** Sets the potentials of one side so that its marginals are right: `own_i = −log n − LSE_j(score_ij + other_j)`. */
function balance(scores: Float64Array, n: number, own: Float64Array, other: Float64Array, side: 'rows' | 'columns') {
  const [outer, inner] = side === 'rows' ? [n, 1] : [1, n];
  for (let i = 0; i < n; i++) {
    let largest = -Infinity;
    for (let j = 0; j < n; j++) largest = Math.max(largest, scores[i * outer + j * inner] + other[j]);
    let sum = 0;
    for (let j = 0; j < n; j++) sum += Math.exp(scores[i * outer + j * inner] + other[j] - largest);
    own[i] = -Math.log(n) - largest - Math.log(sum);
  }
}

/**
 * Scales rows and columns of a plan in turn, up to `count` times, and puts what came of it into the potentials. Ends when
 * the rows are right, or before a number leaves its range.
 */
function scale(plan: Float64Array, n: number, a: Float64Array, b: Float64Array, tolerance: number, count: number) {
  let [u, v] = [new Float64Array(n).fill(1), new Float64Array(n).fill(1)];
  let taken = 0;
  let done = false;
  for (; ; taken++) {
    const rows = new Float64Array(n);
    let error = 0;
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += plan[i * n + j] * v[j];
      rows[i] = sum;
      error += Math.abs(u[i] * sum - 1 / n);
    }
    done = error <= tolerance;
    if (done || taken >= count) break;
    const nextU = rows.map((sum) => 1 / (n * sum));
    const columns = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) columns[j] += nextU[i] * plan[i * n + j];
    }
    const nextV = columns.map((sum) => 1 / (n * sum));
    const within = (x: number) => x < LARGEST && x > 1 / LARGEST;
    if (!nextU.every(within) || !nextV.every(within)) break;
    [u, v] = [nextU, nextV];
  }
  for (let i = 0; i < n; i++) {
    a[i] += Math.log(u[i]);
    b[i] += Math.log(v[i]);
  }
  return { done, taken };
}
