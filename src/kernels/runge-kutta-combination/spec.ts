/** The coefficients of a linear combination. */
export interface CombinationAttributes {
  /** One for each `k`. */
  readonly coefficients: readonly number[];
}

/** Most `k` that one kernel takes. With `y` and the result that makes eight buffers, as many as WebGPU promises a program. */
export const MOST_TERMS = 6;
