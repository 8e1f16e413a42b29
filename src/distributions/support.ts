import type { Interval } from '../interval.js';

/** The smallest interval that holds the supports of all members. */
export function hullOf(members: readonly { readonly support: Interval }[]): Interval {
  return [Math.min(...members.map(({ support }) => support[0])), Math.max(...members.map(({ support }) => support[1]))];
}
