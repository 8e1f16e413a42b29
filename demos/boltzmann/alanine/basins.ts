/** A region of the Ramachandran plane, in degrees; an interval whose ends are in descending order goes through 180. */
export interface Basin {
  readonly name: string;
  readonly phi: readonly [number, number];
  readonly psi: readonly [number, number];
}

/** Basins of alanine dipeptide in vacuum, cut where populations are least. */
export const BASINS: readonly Basin[] = [
  { name: 'C5', phi: [180, -115], psi: [100, -110] },
  { name: 'C7eq', phi: [-115, 0], psi: [0, -110] },
  { name: 'alpha right', phi: [180, 0], psi: [-110, 0] },
  { name: 'bridge', phi: [180, -115], psi: [0, 100] },
  { name: 'C7ax', phi: [0, 126], psi: [-180, 0] },
  { name: 'alpha left', phi: [0, 126], psi: [0, 180] },
];

/** Whether angles in radians are in a basin. */
export function isIn({ phi, psi }: Basin, atPhi: number, atPsi: number): boolean {
  return within(atPhi, phi) && within(atPsi, psi);
}

function within(angle: number, [low, high]: readonly [number, number]): boolean {
  const degrees = (angle * 180) / Math.PI;
  return low < high ? degrees >= low && degrees < high : degrees >= low || degrees < high;
}
