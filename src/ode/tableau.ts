/** Names of the explicit Runge-Kutta methods. */
export type ExplicitMethod = 'dopri5' | 'tsit5' | 'bosh3' | 'heun2' | 'euler' | 'midpoint' | 'rk4' | 'rk4-3/8';

/**
 * An explicit Runge-Kutta method by its Butcher tableau. With `h` the step, stage `s` is
 * `k_s = f(t + c_s h, y + h Σ_{j<s} a_sj k_j)`, the next value `y + h Σ_s b_s k_s`, and the local error `h Σ_s e_s k_s`.
 */
export interface Tableau {
  readonly name: ExplicitMethod;
  /** Order of the solution that is carried on. */
  readonly order: number;
  /** Order of the embedded solution it is compared with; null for a method of fixed steps. */
  readonly errorOrder: number | null;
  readonly c: readonly number[];
  /** Row `s` holds the `s` coefficients of stage `s`. */
  readonly a: readonly (readonly number[])[];
  readonly b: readonly number[];
  /** `b - b̂`; null for a method of fixed steps. */
  readonly e: readonly number[] | null;
  /** Whether the last stage is `f` at the end of the step, and so the first stage of the next. */
  readonly firstSameAsLast: boolean;
  /** Dense output `y(t + θh) = y + h Σ_s k_s Σ_j dense[s][j] θ^(j+1)`, `0 ≤ θ ≤ 1`. */
  readonly dense: readonly (readonly number[])[];
}
