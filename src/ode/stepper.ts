import type { Tensor } from '@tensorflow/tfjs-core';
import type { State } from './state.js';
import type { Times } from './times.js';

/** What is fixed about a method. */
export interface Method {
  readonly name: string;
  /** Order of the solution that is carried on. */
  readonly order: number;
  /** Order of the embedded solution; null for a method of fixed steps. */
  readonly errorOrder: number | null;
}

/** How large an error may be: `scale = atol + rtol max(|y|, |y'|)`, before and after a step. */
export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
  /** How many of the quadratures count; the rest are integrated along unwatched. */
  readonly quadratures: number;
}

/** `y` at the start of a step, and `dy/dt` at each of its stages. */
export interface Stages {
  readonly start: Tensor;
  readonly slopes: readonly Tensor[];
}

/** A step that was taken. */
export interface StepRecord {
  readonly t: Times;
  /** Zero for rows that did not move. */
  readonly h: Times;
  /** The solution inside the step, at `t + θ h`, `0 ≤ θ ≤ 1`; one θ for all rows or one a row. Totals are left out. */
  at(theta: Times): State;
  /** The state at the start and the slope at each stage, for the way back; in memory that a tidy scope frees. */
  stages(): Stages;
  /** The tensors that it stands on; none where it keeps its numbers elsewhere. */
  readonly tensors: readonly Tensor[];
  /** The same record on copies of its tensors; good for the way back, not for {@link StepRecord.at}. */
  withTensors(tensors: readonly Tensor[]): StepRecord;
  dispose(): void;
}

/**
 * A solution on its way: the state of all rows, and the step that was tried last. What it holds it frees on
 * {@link Stepper.dispose}; states that it gives away belong to the caller.
 *
 * Norms are given as the mean over the numbers of a row of the squared ratio to the scale, one for each row.
 */
export interface Stepper {
  readonly method: Method;
  readonly rows: number;
  /** Evaluations of the right-hand side so far. */
  readonly evaluations: number;
  /** Evaluates the right-hand side at the present state, even if it is known: norms of the state and of its derivative. */
  begin(t: Times): { readonly state: ArrayLike<number>; readonly slope: ArrayLike<number> };
  /** Tries an Euler step of length `h` from the start: norms of the change of the derivative. */
  probe(t: Times, h: Times): ArrayLike<number>;
  /** Tries a step: norms of the local error; zeros for a method that does not estimate it. */
  attempt(t: Times, h: Times): ArrayLike<number>;
  /**
   * Takes the step that was tried.
   *
   * @param rows whether each row takes it; null for all
   * @param keep whether to give a record of it, which belongs to the caller
   */
  accept(rows: Uint8Array | null, keep: boolean): StepRecord | null;
  /** A copy of the present state. */
  state(): State;
  dispose(): void;
}
