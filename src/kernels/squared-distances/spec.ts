/** Nothing is fixed about distances beside their shapes. */
export type SquaredDistancesAttributes = Record<never, never>;

/** Distances beyond are cut off there, so that nothing computed from them overflows. */
export const MOST = 1e12;
