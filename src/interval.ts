/** Open interval that every coordinate of an event lies in. */
export type Interval = readonly [low: number, high: number];

/** The whole real line. */
export const REALS: Interval = [-Infinity, Infinity];
