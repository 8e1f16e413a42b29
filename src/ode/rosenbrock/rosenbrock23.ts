import type { RosenbrockTableau } from './tableau.js';

/** `γ` of the L-stable method, and its reciprocal `2 + √2`. */
const GAMMA = 1 / (2 + Math.SQRT2);
const R = 2 + Math.SQRT2;

/** `1 / (1 − 2γ) = 1 + √2`. */
const S = 1 + Math.SQRT2;

/**
 * Shampine and Reichelt's pair of orders 2 and 3 ("The MATLAB ODE suite", 1997, `ode23s`), in increments: L-stable, for
 * stiff systems and loose tolerances. Dense output of order 2, as in the paper:
 * `y + h (θ(1 − θ) k₁ + θ(θ − 2γ) k₂) / (1 − 2γ)` with `h k₁ = U₁ / γ`, `h k₂ = (U₁ + U₂) / γ`.
 */
export const ROSENBROCK23: RosenbrockTableau = {
  name: 'rosenbrock23',
  order: 2,
  errorOrder: 2,
  gamma: GAMMA,
  c: [0, 1 / 2, 1],
  d: [GAMMA, 0, -GAMMA],
  a: [[], [R / 2], [R, R]],
  m: [[], [-R], [-2 * R, -(6 + Math.SQRT2) * R]],
  b: [R, R, 0],
  e: [-R / 6, (-(4 + Math.SQRT2) * R) / 6, -R / 6],
  dense: [
    [R * S * (1 - 2 * GAMMA), 0],
    [-2 * GAMMA * R * S, R * S],
    [0, 0],
  ],
};
