import type { Tableau } from '../tableau.js';

/** The explicit midpoint rule, of order 2, as is its dense output: the parabola with the slopes at the start and halfway. */
export const MIDPOINT: Tableau = {
  name: 'midpoint',
  order: 2,
  errorOrder: null,
  c: [0, 1 / 2],
  a: [[], [1 / 2]],
  b: [0, 1],
  e: null,
  firstSameAsLast: false,
  dense: [
    [1, -1],
    [0, 1],
  ],
};
