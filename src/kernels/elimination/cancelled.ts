/**
 * A difference `a - b` with `|a - b| <= CANCELLED |a|` is rounding error of its operands and counts as zero: so matrices
 * whose rows or columns depend on each other are found singular. Counting it as zero is an error of the same kind and
 * size as rounding itself. For loops in doubles on float32 data:
 */
export const CANCELLED_DOUBLE = 2 ** -42;

/** The same for programs in float32. */
export const CANCELLED_FLOAT = 2 ** -22;
