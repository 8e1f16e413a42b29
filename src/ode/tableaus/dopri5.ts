import type { Tableau } from '../tableau.js';
import { hermite } from './hermite.js';

const B = [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84, 0];

/** Bubble of the continuous extension of order 4 that Shampine found ("Some practical Runge-Kutta formulas", 1986). */
const BUBBLE = [
  -12715105075 / 11282082432,
  0,
  87487479700 / 32700410799,
  -10690763975 / 1880347072,
  701980252875 / 199316789632,
  -1453857185 / 822651844,
  69997945 / 29380423,
];

/**
 * Dormand and Prince's pair of orders 5 and 4 ("A family of embedded Runge-Kutta formulae", 1980), the method that most
 * continuous flows are published with. Dense output of order 4, with a continuous slope.
 */
export const DOPRI5: Tableau = {
  name: 'dopri5',
  order: 5,
  errorOrder: 4,
  c: [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1],
  a: [
    [],
    [1 / 5],
    [3 / 40, 9 / 40],
    [44 / 45, -56 / 15, 32 / 9],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
    B.slice(0, 6),
  ],
  b: B,
  e: [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40],
  firstSameAsLast: true,
  dense: hermite(B, BUBBLE),
};
