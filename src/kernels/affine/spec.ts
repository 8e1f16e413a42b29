/** How a raw number becomes a positive scale. */
export type ScaleFunction = 'exp' | 'sigmoid';

/** A family of affine maps of scalars, and the direction to run it in. */
export interface AffineAttributes {
  /** `exp`: `log s = bound · tanh(raw / bound)`. `sigmoid`: `s = sigmoid(raw + 2) + least`. */
  readonly scale: ScaleFunction;
  /** Largest `|log s|` of the `exp` form; with `Infinity`, `log s = raw`. */
  readonly bound: number;
  /** Least scale of the `sigmoid` form. */
  readonly least: number;
  /** Solve `y(x) = input` instead; the log-derivative is then `log dx/dy`. */
  readonly inverse: boolean;
}

/** Raw numbers of the `sigmoid` form are moved by this much, so that scales start near 1. */
export const SIGMOID_SHIFT = 2;
