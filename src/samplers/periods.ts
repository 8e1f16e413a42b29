import { FlowConfigError } from '../errors.js';
import { sizeOf, type Shape } from '../shapes.js';

/**
 * Periods of coordinates that are angles or positions in a box: one for all, or one a coordinate in row-major order, null
 * for those that are not periodic. They are wrapped into `[-L/2, L/2)`.
 */
export type Periods = number | readonly (number | null)[];

/** Wraps the periodic coordinates of rows, in place. */
export type Wrap = (x: Float64Array) => void;

/**
 * How to wrap events of a shape; nothing is done without periods.
 *
 * @throws FlowConfigError unless there is one positive period a coordinate, or null.
 */
export function wrapFor(where: string, periods: Periods | null, eventShape: Shape): Wrap {
  if (periods === null) return () => undefined;
  const size = sizeOf(eventShape);
  const list = typeof periods === 'number' ? Array<number>(size).fill(periods) : periods;
  const bad = list.findIndex((period) => period !== null && !(period > 0 && period < Infinity));
  if (list.length !== size || bad >= 0) {
    throw new FlowConfigError(`${where}.periods`, {
      expected: `${size} positive numbers, or null for coordinates that are not periodic`,
      got: bad >= 0 ? `${list[bad]} at index ${bad}` : `a list of ${list.length}`,
    });
  }
  return (x) => {
    for (let i = 0; i < x.length; i++) {
      const period = list[i % size];
      if (period !== null) x[i] -= period * Math.floor(x[i] / period + 0.5);
    }
  };
}
