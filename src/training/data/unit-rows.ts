import type { Shape } from '../../shapes.js';
import type { UnitVectors } from '../../unit-vectors.js';

/** How far the length of a vector may be from 1: what rounding to three decimals or a long simulation leaves. */
const TOLERANCE = 1e-3;

/** A vector that is not of length 1: where it begins among the values, and its length. */
export interface Stray {
  readonly start: number;
  readonly length: number;
}

/**
 * Makes the vectors that events hold at some coordinates of their last axis unit vectors to the last digit, in place.
 *
 * @param values events one after the other
 * @returns vectors whose length is off by more than 1e-3, left as they are
 */
export function normaliseRows(values: Float32Array, eventShape: Shape, [from, to]: UnitVectors): Stray[] {
  const width = eventShape.at(-1)!;
  const strays: Stray[] = [];
  for (let start = from; start < values.length; start += width) {
    const vector = values.subarray(start, start + to - from);
    const length = Math.hypot(...vector);
    if (!(Math.abs(length - 1) <= TOLERANCE)) strays.push({ start, length });
    else vector.forEach((entry, i) => (vector[i] = entry / length));
  }
  return strays;
}
