import { FlowConfigError } from '../../errors.js';
import { checkInteger } from '../check.js';

/** Lengths of a periodic box, one an axis. */
export type Box = readonly [number, number, number];

/**
 * Rigid bodies as a network gets them, `[bodies, 7 + auxiliaries]` with a row `(x, y, z)`, quaternion `(w, x, y, z)`, auxiliary
 * numbers for each, and what of them it may look at.
 */
export interface BodyView {
  /** Number of bodies. */
  readonly bodies: number;
  /** Auxiliary numbers of each body. */
  readonly auxiliaries: number;
  /** Lengths of the periodic box, in the unit of positions; null for free space. */
  readonly box: Box | null;
  /** Bodies whose position is seen. */
  readonly positions: readonly boolean[];
  /** Bodies whose rotation is seen. */
  readonly rotations: readonly boolean[];
  /** Bodies whose auxiliary numbers are seen. */
  readonly auxiliary: readonly boolean[];
}

/** Numbers of a body before the auxiliary ones. */
export const POSE = 7;

/** @throws FlowConfigError for sizes, a box or lists that describe no bodies. */
export function checkView(where: string, view: BodyView): void {
  checkInteger(`${where}.bodies`, view.bodies);
  checkInteger(`${where}.auxiliaries`, view.auxiliaries, 0);
  checkBox(where, view.box);
  for (const name of ['positions', 'rotations', 'auxiliary'] as const) {
    if (view[name].length === view.bodies) continue;
    throw new FlowConfigError(`${where}.${name}`, {
      expected: `one entry a body, ${view.bodies}`,
      got: `${view[name].length}`,
    });
  }
}

/** @throws FlowConfigError for lengths that are not three positive numbers. */
export function checkBox(where: string, box: readonly number[] | null): void {
  if (!box || (box.length === 3 && box.every((length) => length > 0 && length < Infinity))) return;
  throw new FlowConfigError(`${where}.box`, {
    expected: 'three positive lengths, or null',
    got: `[${box.join(', ')}]`,
  });
}

/** A list with the same entry for each of some bodies. */
export function each(bodies: number, seen: boolean): boolean[] {
  return Array<boolean>(bodies).fill(seen);
}
