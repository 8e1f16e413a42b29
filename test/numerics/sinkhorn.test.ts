import test from 'ava';
import { FlowConfigError, RandomStream } from '../../src/index.js';
import { assign } from '../../src/numerics/assignment.js';
import { sinkhorn } from '../../src/numerics/sinkhorn.js';
import { assertClose } from '../support/close.js';

const stream = new RandomStream('sinkhorn');
const N = 12;
const randomCosts = () => Float64Array.from({ length: N * N }, () => 4 * stream.next());

const rowSums = (plan: Float64Array) =>
  Array.from({ length: N }, (_, i) => plan.subarray(i * N, (i + 1) * N).reduce((a, b) => a + b, 0));
const columnSums = (plan: Float64Array) =>
  Array.from({ length: N }, (_, j) => plan.reduce((sum, p, k) => (k % N === j ? sum + p : sum), 0));
const even = Array<number>(N).fill(1 / N);

test('rows and columns add up, for strong and weak regularisation', (t) => {
  for (const regularisation of [100, 1, 0.1]) {
    const plan = sinkhorn(randomCosts(), N, { regularisation, tolerance: 1e-9, maxIterations: 20_000 });
    assertClose(t, columnSums(plan), even, 1e-9, `columns at ${regularisation}`);
    assertClose(t, rowSums(plan), even, 2e-9, `rows at ${regularisation}`);
  }
});

test('the plan is a Gibbs kernel with a factor a row and a factor a column', (t) => {
  const cost = randomCosts();
  const regularisation = 0.7;
  const plan = sinkhorn(cost, N, { regularisation, tolerance: 1e-10 });
  const score = (i: number, j: number) => Math.log(plan[i * N + j]) + cost[i * N + j] / regularisation;
  const crossed = Array.from({ length: (N - 1) * (N - 1) }, (_, k) => {
    const [i, j] = [1 + Math.floor(k / (N - 1)), 1 + (k % (N - 1))];
    return score(i, j) - score(0, j) - score(i, 0) + score(0, 0);
  });
  assertClose(t, crossed, crossed.map(() => 0), 1e-9); // prettier-ignore
});

test('two points in closed form', (t) => {
  // Diagonal costs 0, others 1: the odds of staying are exp(1 / regularisation).
  const odds = Math.exp(1 / 0.5);
  const [stay, move] = [odds / (1 + odds) / 2, 1 / (1 + odds) / 2];
  assertClose(t, sinkhorn(Float32Array.of(0, 1, 1, 0), 2, { regularisation: 0.5 }), [stay, move, move, stay], 1e-12);
});

test('it tends to independent pairs on one side and to the assignment on the other', (t) => {
  const cost = randomCosts();
  const loose = sinkhorn(cost, N, { regularisation: 1e6 });
  assertClose(t, loose.map((p) => p * N * N), new Float64Array(N * N).fill(1), 1e-5); // prettier-ignore
  // One assignment that is better than all others by far.
  const hidden = stream.permutation(N);
  const planted = cost.map((c, k) => c / 8 + (hidden[Math.floor(k / N)] === k % N ? 0 : 1));
  const tight = sinkhorn(planted, N, { regularisation: 0.02, tolerance: 1e-6 });
  const columns = assign(planted, N);
  columns.forEach((column, row) => t.true(tight[row * N + column] > 0.9 / N));
});

test('nothing overflows where costs are huge beside the regularisation', (t) => {
  const cost = randomCosts().map((c) => 1e6 * c + 1e9);
  const plan = sinkhorn(cost, N, { regularisation: 1, maxIterations: 200 });
  t.true(plan.every((p) => p >= 0 && p <= 1));
  assertClose(t, columnSums(plan), even, 1e-6);
});

test('terms of one row or one column change nothing', (t) => {
  const cost = randomCosts();
  const shifted = cost.map((c, k) => c + Math.floor(k / N) - 3 * (k % N));
  const options = { regularisation: 0.5, tolerance: 1e-12 };
  assertClose(t, sinkhorn(shifted, N, options).map((p) => p * N), sinkhorn(cost, N, options).map((p) => p * N), 1e-9); // prettier-ignore
});

test('refuses a regularisation that is not positive', (t) => {
  for (const regularisation of [0, -1, NaN, Infinity]) {
    t.throws(() => sinkhorn(randomCosts(), N, { regularisation }), {
      instanceOf: FlowConfigError,
      message: /^sinkhorn.regularisation: expected a positive number/,
    });
  }
});
