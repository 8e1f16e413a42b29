import test from 'ava';
import { RandomStream } from '../../src/index.js';
import { plu } from '../../src/numerics/plu.js';
import { randomOrthogonal } from '../../src/numerics/random-orthogonal.js';
import { assertClose } from '../support/close.js';

const multiply = (a: number[][], b: number[][]) =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, value, k) => sum + value * b[k][j], 0)));
const identity = (n: number) => Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => Number(i === j))); // prettier-ignore

for (const n of [1, 2, 3, 7, 24]) {
  test(`factors multiply to the matrix, n = ${n}`, (t) => {
    const stream = new RandomStream(`plu ${n}`);
    const matrix = Array.from({ length: n }, () => [...stream.normal(n)]);
    const { permutation, lower, upper, determinant, singular } = plu(matrix);
    const product = multiply(lower, upper);
    assertClose(t, permutation.map((row) => product[row]).flat(), matrix.flat(), 1e-13);
    t.deepEqual([...permutation].sort((a, b) => a - b), Array.from({ length: n }, (_, i) => i)); // prettier-ignore
    for (let i = 0; i < n; i++) {
      t.is(lower[i][i], 1);
      for (let j = 0; j < n; j++) {
        t.true(Math.abs(lower[i][j]) <= 1);
        if (j > i) t.is(lower[i][j], 0);
        if (j < i) t.is(upper[i][j], 0);
      }
    }
    const size = upper.reduce((volume, row, i) => volume * Math.abs(row[i]), 1);
    assertClose(t, [Math.abs(determinant) / size], [1], 1e-12);
    t.false(singular);
  });

  test(`random orthogonal matrices are orthogonal to the last digit, n = ${n}`, (t) => {
    const rows = randomOrthogonal(n, new RandomStream(`orthogonal ${n}`));
    const transposed = rows[0].map((_, j) => rows.map((row) => row[j]));
    assertClose(t, multiply(rows, transposed).flat(), identity(n).flat(), 1e-14);
    t.deepEqual(randomOrthogonal(n, new RandomStream(`orthogonal ${n}`)), rows);
  });
}

test('determinants have their sign', (t) => {
  const determinants = [[[2]], [[0, 1], [1, 0]], [[1, 2], [3, 4]], [[0, 2, 0], [0, 0, 3], [4, 0, 0]]].map((matrix) => plu(matrix).determinant); // prettier-ignore
  assertClose(t, determinants, [2, -1, -2, 24], 1e-14);
});

test('a matrix is singular by what it is, not by its scale', (t) => {
  const matrices: [matrix: number[][], singular: boolean][] = [
    [[[0]], true],
    [[[1e-200]], false],
    [[[1, 0], [0, 1e-30]], false],
    [[[0.1, 0.3], [0.2, 0.6]], true],
    [[[1, 2, 3], [4, 5, 6], [7, 8, 9]], true],
    [[[1, 1], [1, 1 + 1e-9]], false],
    [[[NaN]], true],
  ]; // prettier-ignore
  for (const [matrix, singular] of matrices) t.is(plu(matrix).singular, singular, JSON.stringify(matrix));
});

test('rows of random orthogonal matrices point everywhere alike', (t) => {
  const stream = new RandomStream('everywhere');
  const first = Array.from({ length: 2000 }, () => randomOrthogonal(3, stream)[2]);
  const mean = (f: (row: number[]) => number) => first.reduce((sum, row) => sum + f(row), 0) / first.length;
  // A coordinate of a point on the sphere has mean 0 and mean square 1 / 3; five standard errors.
  for (const i of [0, 1, 2]) {
    t.true(Math.abs(mean((row) => row[i])) < 5 * Math.sqrt(1 / 3 / 2000));
    t.true(Math.abs(mean((row) => row[i] ** 2) - 1 / 3) < 5 * Math.sqrt(4 / 45 / 2000));
  }
});
