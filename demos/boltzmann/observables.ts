import { alongCorner } from './orientations.js';
import { pairDistances } from './pair-distances.js';

/** A quantity whose distribution the results page shows: one number a draw, or several. */
export interface Observable {
  readonly title: string;
  readonly range: readonly [number, number];
  /** Its values for one draw. */
  readonly of: (x: Float32Array) => readonly number[];
}

/** What is looked at of each target, by its name. */
export const OBSERVABLES: Readonly<Record<string, Observable>> = {
  'double well': { title: 'x₁', range: [-3, 3], of: ([x]) => [x] },
  'Müller-Brown': { title: 'x', range: [-1.6, 1.3], of: ([x]) => [x] },
  'many-well 32': { title: 'x₁', range: [-3, 3], of: ([x]) => [x] },
  DW4: { title: 'distance of two particles', range: [0, 8], of: (x) => pairDistances(x, 2) },
  octupole: { title: 'cosine of field and nearest corner', range: [0.3, 1], of: (q) => [alongCorner(q)] },
  LJ13: { title: 'distance of two particles', range: [0, 5], of: (x) => pairDistances(x, 3) },
};

/** The plane that targets in two dimensions are drawn in: ends of both axes. */
export const PLANES: Readonly<Record<string, readonly [[number, number], [number, number]]>> = {
  'double well': [[-3, 3], [-4, 4]],
  'Müller-Brown': [[-1.6, 1.3], [-0.6, 2.1]],
}; // prettier-ignore
