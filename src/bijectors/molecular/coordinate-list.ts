/** What one number of a molecule is. */
export interface MolecularCoordinate {
  /** What it measures. */
  readonly kind: 'position' | 'orientation' | 'block' | 'bond' | 'angle' | 'torsion';
  /** Atoms that it is measured between, the one it places first. */
  readonly atoms: readonly number[];
  /** Whether it is an angle of the whole circle. */
  readonly circular: boolean;
}

/**
 * Lists bonds, angles and torsions of rows, after the six numbers of a pose.
 *
 * @param bonded rows with a bond that is a coordinate
 * @param rows all rows, of two atoms or more
 * @param seed first atoms, where there is a pose
 */
export function describeInternals(
  bonded: readonly (readonly number[])[],
  rows: readonly (readonly number[])[],
  seed: readonly number[] | null,
): MolecularCoordinate[] {
  const withAtoms = (count: number) => rows.filter((row) => row.length >= count).map((row) => row.slice(0, count));
  return [
    ...(seed ? describePose(seed) : []),
    ...bonded.map((row) => coordinate('bond', row.slice(0, 2))),
    ...withAtoms(3).map((atoms) => coordinate('angle', atoms)),
    ...withAtoms(4).map((atoms) => coordinate('torsion', atoms, true)),
  ];
}

/** The six numbers of a pose. */
export function describePose(seed: readonly number[]): MolecularCoordinate[] {
  return [
    ...[0, 1, 2].map(() => coordinate('position', [seed[0]])),
    coordinate('orientation', seed.slice(0, 2)),
    coordinate('orientation', seed.slice(0, 2), true),
    coordinate('orientation', seed, true),
  ];
}

/** One entry of such a list. */
export function coordinate(
  kind: MolecularCoordinate['kind'],
  atoms: readonly number[],
  circular = false,
): MolecularCoordinate {
  return { kind, atoms, circular };
}
