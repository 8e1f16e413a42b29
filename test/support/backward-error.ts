import type { ExecutionContext } from 'ava';
import { RandomStream } from '../../src/index.js';

/** How many times the effect of one rounding of the inputs an answer in float32 may be off. */
const FACTOR = 6;

/**
 * What roundings of the inputs do to the outputs of a function in float64: for each output number the largest change
 * that moving all inputs up or down by one unit of float32's last place caused, at random, in some draws.
 */
export function roundingEffect(
  run: (inputs: Float64Array[]) => Float64Array[],
  inputs: readonly ArrayLike<number>[],
  draws = 12,
): Float64Array[] {
  const stream = new RandomStream('rounding effect');
  const exact = run(inputs.map((values) => Float64Array.from(values)));
  const effect = exact.map((values) => new Float64Array(values.length));
  for (let draw = 0; draw < draws; draw++) {
    const moved = inputs.map((values) => {
      const signs = stream.uniform(values.length, -1, 1);
      return Float64Array.from(values, (v, i) => v + Math.sign(signs[i]) * unitInLastPlace(v));
    });
    run(moved).forEach((values, k) => {
      values.forEach((v, i) => (effect[k][i] = Math.max(effect[k][i], Math.abs(v - exact[k][i]) || 0)));
    });
  }
  return effect;
}

/** Distance from a float32 number to the next. */
export function unitInLastPlace(v: number): number {
  const size = Math.abs(v);
  return size < 2 ** -126 ? 2 ** -149 : 2 ** (Math.floor(Math.log2(size)) - 23);
}

/**
 * Asserts that values agree to `tolerance`, relative to `max(1, |exact|)`, or else are off by no more than a few times
 * what roundings of the inputs do. NaN has to meet NaN, an infinity itself.
 */
export function assertStable(
  t: ExecutionContext,
  actual: ArrayLike<number>,
  exact: ArrayLike<number>,
  effect: ArrayLike<number>,
  tolerance: number,
  message: string,
): void {
  t.is(actual.length, exact.length, message);
  const wrong = Array.from(exact, (e, i) => {
    const allowed = Math.max(tolerance * Math.max(1, Math.abs(e)), FACTOR * effect[i]);
    const right = Object.is(actual[i], e) || (Number.isNaN(e) && Number.isNaN(actual[i])) || Math.abs(actual[i] - e) <= allowed; // prettier-ignore
    return right ? '' : `${i}: ${actual[i]} for ${e}, allowed ${allowed}`;
  }).filter((text) => text !== '');
  t.deepEqual(wrong.slice(0, 5), [], message);
}
