/**
 * Orders of the numbers that a network emits for affine maps: ours is shift and raw scale of one coordinate after the other.
 * Entry `j` is where the other library keeps our output `j`.
 */

/** Raw scale and shift of one coordinate after the other. */
export function scaleBeforeShift(coordinates: number): number[] {
  return Array.from({ length: coordinates }, (_, k) => [2 * k + 1, 2 * k]).flat();
}

/** All shifts, then all raw scales. */
export function shiftsBeforeScales(coordinates: number): number[] {
  return Array.from({ length: coordinates }, (_, k) => [k, coordinates + k]).flat();
}
