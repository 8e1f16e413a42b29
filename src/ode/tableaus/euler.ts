import type { Tableau } from '../tableau.js';

/** Euler's method, of order 1; dense output is the straight line. */
export const EULER: Tableau = {
  name: 'euler',
  order: 1,
  errorOrder: null,
  c: [0],
  a: [[]],
  b: [1],
  e: null,
  firstSameAsLast: false,
  dense: [[1]],
};
