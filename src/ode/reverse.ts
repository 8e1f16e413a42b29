import type { PulledBack } from './pull-back.js';
import type { StepRecord } from './stepper.js';

/**
 * The exact gradient of a numerical solution, step by step from the last to the first. With `λ` the gradient with respect
 * to the state after a step, and stages `k_s = f(t_s, Y_s)`, `Y_s = y + h Σ_j a_sj k_j`:
 *
 * `k̄_s = h (b_s λ + Σ_{i>s} a_is Ȳ_i)`, `Ȳ_s = k̄_s ∂f/∂y (t_s, Y_s)`, and before the step `λ + Σ_s Ȳ_s`.
 *
 * One vector-Jacobian product a stage; those with respect to variables and inputs add up on the way. (Hager, "Runge-Kutta
 * methods in optimal control and the transformed adjoint system", 2000.)
 */
export interface Reverse {
  /** Vector-Jacobian products so far. */
  readonly evaluations: number;
  /** Goes back over a step. */
  back(record: StepRecord): void;
  /** Gradients at the start of the steps gone back over; they belong to the caller. */
  result(): PulledBack;
  dispose(): void;
}
