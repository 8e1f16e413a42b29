import { AlanineDipeptide } from 'tfjs-flows';

/** Backbone torsions in radians, one number a molecule each. */
export interface Torsions {
  readonly phi: Float64Array;
  readonly psi: Float64Array;
  /** Whether both peptide bonds are trans. */
  readonly trans: boolean[];
}

/** Torsions of molecules, positions of 22 atoms one after the other. */
export function backboneTorsions(positions: ArrayLike<number>): Torsions {
  const { phi, psi, omega1, omega2 } = AlanineDipeptide.torsions;
  const rows = positions.length / 66;
  const all = (atoms: readonly number[]) => Float64Array.from({ length: rows }, (_, row) => torsion(positions, 66 * row, atoms)); // prettier-ignore
  const [first, second] = [all(omega1), all(omega2)];
  const trans = Array.from(first, (omega, i) => Math.abs(omega) > Math.PI / 2 && Math.abs(second[i]) > Math.PI / 2);
  return { phi: all(phi), psi: all(psi), trans };
}

/** By the IUPAC rule. */
function torsion(x: ArrayLike<number>, from: number, [a, b, c, d]: readonly number[]): number {
  const step = (i: number, j: number) => [0, 1, 2].map((k) => x[from + 3 * j + k] - x[from + 3 * i + k]);
  const cross = ([u, v, w]: number[], [p, q, r]: number[]) => [v * r - w * q, w * p - u * r, u * q - v * p];
  const dot = (u: number[], v: number[]) => u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
  const [b1, b2, b3] = [step(a, b), step(b, c), step(c, d)];
  const [n1, n2] = [cross(b1, b2), cross(b2, b3)];
  return Math.atan2(Math.hypot(...b2) * dot(b1, n2), dot(n1, n2));
}
