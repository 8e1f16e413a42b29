import type { Tableau } from '../tableau.js';
import { hermite } from './hermite.js';

const B = [2 / 9, 1 / 3, 4 / 9, 0];

/**
 * Bogacki and Shampine's pair of orders 3 and 2 ("A 3(2) pair of Runge-Kutta formulas", 1989), for loose tolerances.
 * Dense output of order 3: the cubic through both ends with the slopes there.
 */
export const BOSH3: Tableau = {
  name: 'bosh3',
  order: 3,
  errorOrder: 2,
  c: [0, 1 / 2, 3 / 4, 1],
  a: [[], [1 / 2], [0, 3 / 4], B.slice(0, 3)],
  b: B,
  e: [-5 / 72, 1 / 12, 1 / 9, -1 / 8],
  firstSameAsLast: true,
  dense: hermite(B),
};
