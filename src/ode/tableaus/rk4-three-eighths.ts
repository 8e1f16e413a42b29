import type { Tableau } from '../tableau.js';

/**
 * The 3/8 rule, Kutta's other method of order 4 (1901), with somewhat smaller errors than {@link RK4}. Dense output is the
 * only one of order 3 that its stages allow.
 */
export const RK4_THREE_EIGHTHS: Tableau = {
  name: 'rk4-3/8',
  order: 4,
  errorOrder: null,
  c: [0, 1 / 3, 2 / 3, 1],
  a: [[], [1 / 3], [-1 / 3, 1], [1, -1, 1]],
  b: [1 / 8, 3 / 8, 3 / 8, 1 / 8],
  e: null,
  firstSameAsLast: false,
  dense: [
    [1, -15 / 8, 1],
    [0, 15 / 8, -3 / 2],
    [0, 3 / 8, 0],
    [0, -3 / 8, 1 / 2],
  ],
};
