import type { Method } from '../stepper.js';

/** Names of the linearly implicit methods, for stiff systems. */
export type ImplicitMethod = 'rosenbrock23' | 'rodas4';

/**
 * A Rosenbrock method: one linear system of equations a stage, all with one matrix, in place of the nonlinear ones of an
 * implicit Runge-Kutta method. With `J = ∂f/∂y` and `f_t = ∂f/∂t` at the start of the step, stage `s` is the increment
 * `U_s` that solves
 *
 * `(I − hγJ) U_s = hγ f(t + c_s h, y + Σ_{j<s} a_sj U_j) + γ Σ_{j<s} m_sj U_j + γ d_s h² f_t`,
 *
 * the next value is `y + Σ_s b_s U_s` and the local error `Σ_s e_s U_s` (Hairer and Wanner, "Solving ordinary differential
 * equations II", 1996, section IV.7, whose `u` are these and whose `c_sj` are `m_sj`; both sides are multiplied by `hγ`).
 */
export interface RosenbrockTableau extends Method {
  readonly name: ImplicitMethod;
  /** Order of the less exact of the two solutions that are compared. */
  readonly errorOrder: number;
  readonly gamma: number;
  readonly c: readonly number[];
  readonly d: readonly number[];
  /** Row `s` holds the `s` coefficients of stage `s`. */
  readonly a: readonly (readonly number[])[];
  readonly m: readonly (readonly number[])[];
  readonly b: readonly number[];
  readonly e: readonly number[];
  /** Dense output `y(t + θh) = y + Σ_s U_s Σ_j dense[s][j] θ^(j+1)`, `0 ≤ θ ≤ 1`. */
  readonly dense: readonly (readonly number[])[];
}
