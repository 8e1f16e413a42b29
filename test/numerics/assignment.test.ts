import test, { type ExecutionContext } from 'ava';
import { FlowDataError, FlowShapeError, RandomStream } from '../../src/index.js';
import { assign, assignWithDuals } from '../../src/numerics/assignment.js';
import { assertClose } from '../support/close.js';

const stream = new RandomStream('assignment');

/** Costs of several kinds: real, small integers with many ties, all alike, of very different sizes. */
const KINDS: Record<string, (n: number) => Float64Array> = {
  real: (n) => Float64Array.from({ length: n * n }, () => stream.nextNormal()),
  'small integer': (n) => Float64Array.from({ length: n * n }, () => stream.nextInteger(3)),
  equal: (n) => new Float64Array(n * n).fill(-2.5),
  'widely spread': (n) => Float64Array.from({ length: n * n }, () => 10 ** (12 * stream.next() - 6)),
};

/** The least total cost over all permutations. */
function bruteForce(cost: ArrayLike<number>, n: number): number {
  const best = (row: number, used: number): number => {
    if (row === n) return 0;
    let least = Infinity;
    for (let j = 0; j < n; j++) {
      if ((used >> j) & 1) continue;
      least = Math.min(least, cost[row * n + j] + best(row + 1, used | (1 << j)));
    }
    return least;
  };
  return best(0, 0);
}

const totalOf = (cost: ArrayLike<number>, n: number, columns: Int32Array) =>
  columns.reduce((sum, column, row) => sum + cost[row * n + column], 0);

/** A permutation, no pair of which is dearer than the duals allow: weak duality then says that none is cheaper. */
function assertOptimal(t: ExecutionContext, cost: Float64Array, n: number): void {
  const { columns, rowDuals, columnDuals } = assignWithDuals(cost, n);
  t.deepEqual([...columns].sort((a, b) => a - b), [...columns.keys()]); // prettier-ignore
  const size = cost.reduce((largest, c) => Math.max(largest, Math.abs(c)), 1);
  let worst = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) worst = Math.min(worst, cost[i * n + j] - rowDuals[i] - columnDuals[j]);
  }
  t.true(worst >= -1e-12 * size, `reduced cost ${worst}`);
  const dual = [...rowDuals, ...columnDuals].reduce((a, b) => a + b, 0);
  assertClose(t, [dual / size], [totalOf(cost, n, columns) / size], 1e-12 * n);
}

for (const [kind, costs] of Object.entries(KINDS)) {
  test(`finds what trying all permutations finds, ${kind} costs`, (t) => {
    for (let n = 1; n <= 7; n++) {
      for (let repeat = 0; repeat < 10; repeat++) {
        const cost = costs(n);
        const least = bruteForce(cost, n);
        t.true(Math.abs(totalOf(cost, n, assign(cost, n)) - least) <= 1e-12 * Math.max(1, Math.abs(least)));
      }
    }
  });

  test(`the duals prove that it is optimal, ${kind} costs`, (t) => {
    for (const n of [1, 2, 10, 60, 128]) assertOptimal(t, costs(n), n);
  });
}

test('the duals prove it for squared distances between sets of points', (t) => {
  const n = 100;
  const [a, b] = [stream.normal(2 * n), stream.normal(2 * n).map((x) => 3 * Math.sign(x) + 0.1 * x)];
  const cost = Float64Array.from({ length: n * n }, (_, k) => {
    const [i, j] = [Math.floor(k / n), k % n];
    return (a[2 * i] - b[2 * j]) ** 2 + (a[2 * i + 1] - b[2 * j + 1]) ** 2;
  });
  assertOptimal(t, cost, n);
});

test('finds a permutation hidden in a matrix', (t) => {
  for (const n of [1, 5, 40]) {
    const hidden = stream.permutation(n);
    const cost = new Float32Array(n * n).fill(1);
    hidden.forEach((column, row) => (cost[row * n + column] = 0));
    t.deepEqual(assign(cost, n), hidden);
  }
});

test('on a line the order is kept', (t) => {
  const n = 50;
  const [from, to] = [stream.normal(n), stream.normal(n)];
  const cost = Float64Array.from({ length: n * n }, (_, k) => (from[Math.floor(k / n)] - to[k % n]) ** 2);
  const columns = assign(cost, n);
  const order = [...from.keys()].sort((a, b) => from[a] - from[b]).map((row) => to[columns[row]]);
  t.deepEqual(order, [...to].sort((a, b) => a - b)); // prettier-ignore
});

test('no rows, no pairs; costs are left alone', (t) => {
  t.deepEqual(assign(new Float64Array(0), 0), new Int32Array(0));
  const cost = Float64Array.of(1, 2, 3, 4);
  assign(cost, 2);
  t.deepEqual(cost, Float64Array.of(1, 2, 3, 4));
});

test('refuses matrices that are not square and costs that are not finite', (t) => {
  const notSquare = { instanceOf: FlowShapeError, message: /^assign: expected a square matrix of costs, 3 × 3, got 6 numbers/ }; // prettier-ignore
  t.throws(() => assign(new Float64Array(6), 3), notSquare);
  t.throws(() => assign(new Float64Array(2), 1.5), { instanceOf: FlowShapeError });
  for (const value of [NaN, Infinity, -Infinity]) {
    const error = t.throws(() => assign(Float64Array.of(1, 2, 3, value), 2), {
      instanceOf: FlowDataError,
      message: `assign: expected finite costs, got ${value} at row 1, column 1.`,
    });
    t.deepEqual(error?.rows, [1]);
  }
});
