import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ExecutionContext } from 'ava';
import { inverse, logAbsDet, lu, slogdet, solve, triangularSolve } from '../../src/index.js';

/** Results for a sound matrix between a singular one and some that are not finite, as text (JSON has no NaN). */
export async function edgeCases(): Promise<Record<string, string[]>> {
  const a = tf.tensor3d([
    [[2, 0], [0, 4]],
    [[1, 2], [2, 4]],
    [[0, 0], [0, 0]],
    [[NaN, 1], [0, 1]],
    [[1, NaN], [0, 1]],
    [[1, 0], [-Infinity, 1]],
  ]); // prettier-ignore
  const b = tf.tensor3d([[[2, NaN], [4, 4]], ...Array.from({ length: 5 }, () => [[1, 1], [1, 1]])]); // prettier-ignore
  const { sign, logAbsDet: log } = slogdet(a);
  const { lower, upper, permutation } = lu(a);
  const results: Record<string, Tensor> = {
    sign,
    log,
    logAbsDet: logAbsDet(a),
    inverse: inverse(a),
    solve: solve(a, b),
    triangularSolve: triangularSolve(a, b),
    lower,
    upper,
    permutation,
  };
  const texts: Record<string, string[]> = {};
  for (const [name, tensor] of Object.entries(results))
    texts[name] = Array.from(await tensor.data(), (u) => String(u + 0));
  tf.dispose([a, b, results]);
  return texts;
}

/** Matrices whose rows or columns depend on each other in ways that rounding hides from exact comparison. */
export const SINGULAR = (
  [
    ['numbers in order', 3, (i, j) => 3 * i + j + 1],
    ['equal columns', 5, (i, j) => Math.fround(Math.sin(i * 7 + (j % 4) * 3))],
    ['a sum of rows', 4, (i, j) => (i === 3 ? 6 * j + 3 : (i + 1) * j * j + 2 * j + 1 - (i === 2 ? 6 * j * j : 0))],
    ['rank one', 6, (i, j) => (i + 1) * (2 * j - 5)],
    ['a column of zeros', 8, (i, j) => (j === 5 ? 0 : Math.fround(Math.cos(3 * i + 2 * j * j)))],
  ] as [string, number, (i: number, j: number) => number][]
).map(([name, n, entry]) => ({
  name,
  n,
  values: Array.from({ length: n * n }, (_, at) => entry(Math.floor(at / n), at % n)),
}));

/** What the running backend makes of them: sign and logarithm of each. */
export async function singularDeterminants(): Promise<string[]> {
  const found = SINGULAR.map(({ n, values }) => slogdet(tf.tensor2d(values, [n, n])));
  const texts = await Promise.all(
    found.map(async ({ sign, logAbsDet }) => `${(await sign.data())[0]} ${(await logAbsDet.data())[0]}`),
  );
  tf.dispose(found as never);
  return texts;
}

const NAN4 = ['NaN', 'NaN', 'NaN', 'NaN'];

/** What {@link edgeCases} must find, on every backend alike. */
export function assertEdgeCases(t: ExecutionContext, found: Record<string, string[]>): void {
  const bad = (count: number) => Array.from({ length: count }, () => NAN4).flat();
  t.deepEqual(found.sign, ['1', '0', '0', 'NaN', 'NaN', 'NaN']);
  t.deepEqual(found.logAbsDet, found.log);
  t.is(Number(found.log[0]).toFixed(5), Math.log(8).toFixed(5));
  t.deepEqual(found.log.slice(1), ['-Infinity', '-Infinity', 'NaN', 'NaN', 'NaN']);
  t.deepEqual(found.inverse, ['0.5', '0', '0', '0.25', ...bad(5)]);
  t.deepEqual(found.solve, ['1', 'NaN', '1', 'NaN', ...bad(5)]);
  const fine = ['1', '1', '-0.25', '-0.25'];
  t.deepEqual(found.triangularSolve.slice(0, 8), ['1', 'NaN', '1', 'NaN', ...fine]);
  t.deepEqual(found.triangularSolve.slice(8, 16), bad(2));
  t.deepEqual(found.triangularSolve.slice(16, 20), ['1', '1', '1', '1']);
  t.deepEqual(found.triangularSolve.slice(20), NAN4);
  t.deepEqual(found.upper.slice(0, 12), ['2', '0', '0', '4', '2', '4', '0', '0', '0', '0', '0', '0']);
  t.deepEqual(found.lower.slice(0, 8), ['1', '0', '0', '1', '1', '0', '0.5', '1']);
  t.deepEqual([found.lower.slice(12), found.upper.slice(12)], [bad(3), bad(3)]);
  t.deepEqual(found.permutation, ['0', '1', '1', '0', '0', '1', '0', '1', '0', '1', '0', '1']);
}
