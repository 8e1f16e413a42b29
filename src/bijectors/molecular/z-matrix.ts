import { FlowConfigError } from '../../errors.js';

/**
 * A row of a Z-matrix: an atom, the atom it is bound to, and two more that its angle and its torsion are measured with. Torsions
 * of siblings may be improper: `d` is then another neighbour of `b`.
 */
export type ZMatrixRow = readonly [atom: number, b: number, c: number, d: number];

/** Rows that are placed, and when. */
export interface PlacementPlan {
  /** Indices of rows, level by level: all atoms of a level refer to those of levels before it. */
  readonly levels: readonly (readonly number[])[];
  /** Atoms in the order of their placement, those that were there first included. */
  readonly placed: readonly number[];
}

/** The first three atoms of a molecule, and rows for all others. */
export interface FullZMatrix {
  /** Second atom is bound to the first. */
  readonly seed: readonly [first: number, second: number, third: number];
  /** Whether the third atom is bound to the second, with its angle there, or to the first. */
  readonly thirdOnSecond: boolean;
  readonly rows: readonly ZMatrixRow[];
}

/**
 * Sorts rows into levels by what they refer to, whatever the order in which they are listed.
 *
 * @param given atoms that have their places already
 * @throws FlowConfigError for rows of other than four different atoms, atoms that are missing or placed twice, and rows
 * that refer to each other in a circle.
 */
export function planPlacement(where: string, given: readonly number[], rows: readonly ZMatrixRow[]): PlacementPlan {
  const atoms = given.length + rows.length;
  const known = (atom: number) => Number.isInteger(atom) && atom >= 0 && atom < atoms;
  rows.forEach((row, i) => {
    if (row.length === 4 && row.every(known) && new Set(row).size === 4) return;
    throw new FlowConfigError(`${where}[${i}]`, {
      expected: `four different atoms below ${atoms}`,
      got: `[${row.join(', ')}]`,
    });
  });
  const all = [...given, ...rows.map(([atom]) => atom)];
  const twice = all.find((atom, i) => all.indexOf(atom) < i);
  const foreign = given.find((atom) => !known(atom));
  if (twice !== undefined || foreign !== undefined) {
    const got = twice !== undefined ? `atom ${twice} twice` : `atom ${foreign}`;
    throw new FlowConfigError(where, { expected: `each of ${atoms} atoms once, numbered from 0`, got });
  }
  const placed = [...given];
  const levels: number[][] = [];
  let waiting = rows.map((_, i) => i);
  while (waiting.length > 0) {
    const level = waiting.filter((i) => rows[i].slice(1).every((atom) => placed.includes(atom)));
    if (level.length === 0) {
      throw new FlowConfigError(where, {
        expected: 'rows that can be placed one after the other',
        got: `rows ${waiting.map((i) => `[${rows[i].join(', ')}]`).join(', ')} that wait for atoms placed later`,
        hint: 'Let every row refer to atoms that do not, in turn, refer to it.',
      });
    }
    levels.push(level);
    placed.push(...level.map((i) => rows[i][0]));
    waiting = waiting.filter((i) => !level.includes(i));
  }
  return { levels, placed };
}

/**
 * Takes a Z-matrix of all atoms apart: one row `[first]`, one `[second, first]`, one `[third, b, c]` and others of four.
 *
 * @throws FlowConfigError where these rows are not there, or do not refer to each other.
 */
export function seedOf(where: string, zMatrix: readonly (readonly number[])[]): FullZMatrix {
  const ofLength = (length: number) => zMatrix.filter((row) => row.length === length);
  const [[one], [two], [three]] = [ofLength(1), ofLength(2), ofLength(3)];
  const counts = [1, 2, 3].map((length) => ofLength(length).length);
  if (counts.some((count) => count !== 1)) {
    throw new FlowConfigError(where, {
      expected: 'one row of one atom, one of two, one of three, and others of four',
      got: `${counts.join(', ')} of these`,
      hint: 'Begin with `[a]`, `[b, a]`, `[c, b, a]`.',
    });
  }
  const [first, second] = [one[0], two[0]];
  const pair = [three[1], three[2]];
  if (two[1] !== first || !pair.includes(first) || !pair.includes(second) || first === second) {
    throw new FlowConfigError(where, {
      expected: `the second atom to refer to ${first}, and the third to both`,
      got: `[${two.join(', ')}] and [${three.join(', ')}]`,
    });
  }
  const rows = zMatrix.filter((row) => row.length > 3) as unknown as ZMatrixRow[];
  return { seed: [first, second, three[0]], thirdOnSecond: three[1] === second, rows };
}
