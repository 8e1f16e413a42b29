import type { RosenbrockTableau } from './tableau.js';

/** Coefficients of the last stages: each stands at the solution that the ones before it make up. */
const A = [1.221224509226641, 6.019134481288629, 12.53708332932087, -0.687886036105895];

/** Those of dense output, `y + θ Δ + θ(1 − θ)(Σ_s P_s U_s + θ Σ_s Q_s U_s)` with `Δ` the whole step. */
const P = [10.12623508344586, -7.487995877610167, -34.80091861555747, -7.992771707568823, 1.025137723295662, 0];
const Q = [-0.6762803392806898, 6.087714651680015, 16.43084320892478, 24.76722511418386, -6.594389125716872, 0];

const B = [...A, 1, 1];

/**
 * Hairer and Wanner's RODAS, a pair of orders 4 and 3 ("Solving ordinary differential equations II", 1996, section VI.4):
 * L-stable and stiffly accurate, as is its embedded method, for stiff systems and tighter tolerances. The coefficients
 * solve the order conditions numerically and are no fractions. Dense output of order 3.
 */
export const RODAS4: RosenbrockTableau = {
  name: 'rodas4',
  order: 4,
  errorOrder: 3,
  gamma: 0.25,
  c: [0, 0.386, 0.21, 0.63, 1, 1],
  d: [0.25, -0.1043, 0.1035, -0.0362, 0, 0],
  a: [
    [],
    [1.544],
    [0.9466785280815826, 0.2557011698983284],
    [3.314825187068521, 2.896124015972201, 0.9986419139977817],
    A,
    [...A, 1],
  ],
  m: [
    [],
    [-5.6688],
    [-2.430093356833875, -0.2063599157091915],
    [-0.1073529058151375, -9.594562251023355, -20.47028614809616],
    [7.496443313967647, -10.24680431464352, -33.99990352819905, 11.7089089320616],
    [8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054],
  ],
  b: B,
  e: [0, 0, 0, 0, 0, 1],
  dense: B.map((whole, s) => [whole + P[s], Q[s] - P[s], -Q[s]]),
};
