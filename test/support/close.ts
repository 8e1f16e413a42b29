import type { Tensor } from '@tensorflow/tfjs-core';
import type { ExecutionContext } from 'ava';

type Numbers = Tensor | ArrayLike<number>;

/** Plain numbers of a tensor or array. */
export function numbersOf(values: Numbers): ArrayLike<number> {
  return 'dataSync' in values ? values.dataSync() : values;
}

/** Largest `|a - b| / max(1, |b|)`; infinite when lengths differ or anything is not a number. */
export function largestError(actual: Numbers, expected: Numbers): number {
  const [a, b] = [numbersOf(actual), numbersOf(expected)];
  if (a.length !== b.length) return Infinity;
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const error = a[i] === b[i] ? 0 : Math.abs(a[i] - b[i]) / Math.max(1, Math.abs(b[i]));
    worst = Number.isNaN(error) ? Infinity : Math.max(worst, error);
  }
  return worst;
}

/** Asserts that values agree to `tolerance`, relative to `max(1, |expected|)`. */
export function assertClose(
  t: ExecutionContext,
  actual: Numbers,
  expected: Numbers,
  tolerance: number,
  message = 'values',
): void {
  const error = largestError(actual, expected);
  t.true(error <= tolerance, `${message}: largest error ${error}, allowed ${tolerance}`);
}
