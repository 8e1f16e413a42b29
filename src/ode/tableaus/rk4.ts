import type { Tableau } from '../tableau.js';

/**
 * The classical method of order 4 (Kutta, 1901). Its stages allow dense output of order 3, and of one kind only: the
 * solution of the four conditions (Hairer, Nørsett and Wanner, "Solving ordinary differential equations I", 1993,
 * section II.6).
 */
export const RK4: Tableau = {
  name: 'rk4',
  order: 4,
  errorOrder: null,
  c: [0, 1 / 2, 1 / 2, 1],
  a: [[], [1 / 2], [0, 1 / 2], [0, 0, 1]],
  b: [1 / 6, 1 / 3, 1 / 3, 1 / 6],
  e: null,
  firstSameAsLast: false,
  dense: [
    [1, -3 / 2, 2 / 3],
    [0, 1, -2 / 3],
    [0, 1, -2 / 3],
    [0, -1 / 2, 2 / 3],
  ],
};
