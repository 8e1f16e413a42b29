import type { Tensor, Variable } from '@tensorflow/tfjs-core';

/**
 * A system of ordinary differential equations `dy/dt = f(t, y; u)`, `dq/dt = g(t, y; u)` for a batch of rows that do not
 * depend on each other. The quadratures `q` are integrated along but do not feed back, so they need no stages of their
 * own and their adjoints are constant. So are the totals, which are sums over all rows.
 */
export interface System {
  /** Numbers in one row of `y`. */
  readonly width: number;
  /** Numbers in one row of `q`; may be 0. */
  readonly quadratures: number;
  /** Numbers that belong to the batch as a whole; may be 0. No error control watches them. */
  readonly totals: number;
  /** What the right-hand side reads beside its arguments, and gradients are wanted of. */
  readonly variables: readonly Variable[];
  /**
   * The right-hand side, by differentiable operations.
   *
   * @param t `[1, 1]` where all rows have one time, else `[rows, 1]`
   * @param y `[rows, width]`
   * @param inputs the constants `u` of a solve, such as contexts: `[rows, ...]` each
   * @returns `dy/dt`, `[rows, width]`; with quadratures `dq/dt`, `[rows, quadratures]`; with totals their sum over rows,
   * `[totals]`
   */
  derivative(t: Tensor, y: Tensor, inputs: readonly Tensor[]): Tensor[];
}
