/** Coordinates `start ≤ i < end` of the last axis of an event that are, together, a unit vector: a point of a sphere. */
export type UnitVectors = readonly [start: number, end: number];

/** Whether two sides have their unit vectors, if any, in the same place. */
export function sameUnitVectors(a: UnitVectors | null, b: UnitVectors | null): boolean {
  return a === b || (a !== null && b !== null && a[0] === b[0] && a[1] === b[1]);
}

/** For error messages. */
export function formatUnitVectors(place: UnitVectors | null): string {
  return place ? `unit vectors in coordinates ${place[0]} to ${place[1] - 1}` : 'no unit vectors';
}
