import type { Tableau } from '../tableau.js';

/** Heun's method of order 2 with Euler's as the embedded one: the cheapest pair. Dense output of order 2. */
export const HEUN2: Tableau = {
  name: 'heun2',
  order: 2,
  errorOrder: 1,
  c: [0, 1],
  a: [[], [1]],
  b: [1 / 2, 1 / 2],
  e: [-1 / 2, 1 / 2],
  firstSameAsLast: false,
  dense: [
    [1, -1 / 2],
    [0, 1 / 2],
  ],
};
