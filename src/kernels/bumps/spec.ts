/** What all bumps of one sum have in common. */
export interface BumpAttributes {
  /** `b` of the ramp `exp(α (1 - z^-b))`. */
  readonly exponent: number;
  /** Whether bumps lie on a circle of length 1, and repeat for ever. */
  readonly circular: boolean;
}

/**
 * Least sharpness `α` at which a bump has one mode: `√((b + 1)(b + 2) / 2) / (b 2^b)`, where the second derivative of its
 * density vanishes in the middle. `√3 / 2` for the exponent 1, `√6 / 8` for 2.
 */
export function leastSharpness(exponent: number): number {
  return Math.sqrt(((exponent + 1) * (exponent + 2)) / 2) / (exponent * 2 ** exponent);
}

/**
 * Where a bump of at least that sharpness has vanished, as a fraction of its width: closer to its ends, all derivatives are
 * zeros in float32 (`exp(-100)`), and left to themselves they would be quotients of infinities.
 */
export function deadZone(exponent: number): number {
  return (leastSharpness(exponent) / 100) ** (1 / exponent);
}

/** Steps after which a search ends in any case; most take five to eight. */
export const MAX_ROOT_STEPS = 60;
