/** Pixels along a side of the digits. */
export const SIDE = 16;
/** Digits of each kind that are shown. */
export const EXAMPLES_EACH = 2;
