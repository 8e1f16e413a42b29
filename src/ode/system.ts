import type { Tensor, Variable } from '@tensorflow/tfjs-core';

/**
 * A system of ordinary differential equations `dy/dt = f(t, y; u)`, `dq/dt = g(t, y; u)` for a batch of rows that do not
 * depend on each other. The quadratures `q` are integrated along but do not feed back, so they need no stages of their
 * own and their adjoints are constant.
 */
export interface System {
  /** Numbers in one row of `y`. */
  readonly width: number;
  /** Numbers in one row of `q`; may be 0. */
  readonly quadratures: number;
  /** What `f` and `g` read beside their arguments, and gradients are wanted of. */
  readonly variables: readonly Variable[];
  /**
   * The right-hand side, by differentiable operations.
   *
   * @param t `[1, 1]` where all rows have one time, else `[rows, 1]`
   * @param y `[rows, width]`
   * @param inputs the constants `u` of a solve, such as contexts: `[rows, ...]` each
   * @returns `dy/dt`, `[rows, width]`, and with quadratures `dq/dt`, `[rows, quadratures]`
   */
  derivative(t: Tensor, y: Tensor, inputs: readonly Tensor[]): Tensor[];
}
