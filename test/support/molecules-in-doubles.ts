import type { MolecularMechanicsOptions } from '../../src/index.js';

type Vector = readonly [number, number, number];

const minus = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const dot = (a: Vector, b: Vector) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
const norm = (a: Vector) => Math.sqrt(dot(a, a));

/** IUPAC torsion of four points. */
export function torsionInDoubles(a: Vector, b: Vector, c: Vector, d: Vector): number {
  const [b1, b2, b3] = [minus(b, a), minus(c, b), minus(d, c)];
  const [n1, n2] = [cross(b1, b2), cross(b2, b3)];
  return Math.atan2(dot(cross(n1, n2), b2) / norm(b2), dot(n1, n2));
}

/** The energy of a molecule in kJ/mol, term by term as the formulas stand. */
export function energyInDoubles(options: MolecularMechanicsOptions, xyz: readonly number[]): number {
  const { atoms, bonds, angles = [], torsions = [], lennardJones14 = 0.5, coulomb14 = 1 / 1.2 } = options;
  const at = (i: number): Vector => [xyz[3 * i], xyz[3 * i + 1], xyz[3 * i + 2]];
  let sum = 0;
  for (const [i, j, length, k] of bonds) sum += 0.5 * k * (norm(minus(at(i), at(j))) - length) ** 2;
  for (const [i, j, l, angle, k] of angles) {
    const [a, b] = [minus(at(i), at(j)), minus(at(l), at(j))];
    sum += 0.5 * k * (Math.acos(dot(a, b) / norm(a) / norm(b)) - angle) ** 2;
  }
  for (const [i, j, k, l, n, phase, constant] of torsions) {
    sum += constant * (1 + Math.cos(n * torsionInDoubles(at(i), at(j), at(k), at(l)) - phase));
  }
  const bonded = (i: number, j: number) => bonds.some(([a, b]) => (a === i && b === j) || (a === j && b === i));
  const within = (i: number, j: number, steps: number): boolean =>
    i === j || (steps > 0 && atoms.some((_, k) => bonded(i, k) && within(k, j, steps - 1)));
  for (let i = 0; i < atoms.length; i++) {
    for (let j = i + 1; j < atoms.length; j++) {
      if (within(i, j, 2)) continue;
      const isFourth = within(i, j, 3);
      const r = norm(minus(at(i), at(j)));
      const sixth = ((atoms[i].sigma + atoms[j].sigma) / 2 / r) ** 6;
      const depth = Math.sqrt(atoms[i].epsilon * atoms[j].epsilon);
      sum += (isFourth ? lennardJones14 : 1) * 4 * depth * (sixth ** 2 - sixth);
      sum += ((isFourth ? coulomb14 : 1) * 138.935456 * atoms[i].charge * atoms[j].charge) / r;
    }
  }
  return sum;
}

/** Minus its slopes, in kJ/mol/nm, by central differences of fourth order. */
export function forcesInDoubles(options: MolecularMechanicsOptions, xyz: readonly number[]): number[] {
  const h = 1e-7;
  return xyz.map((v, i) => {
    const fall = (step: number) =>
      energyInDoubles(options, xyz.with(i, v - step)) - energyInDoubles(options, xyz.with(i, v + step));
    return (8 * fall(h) - fall(2 * h)) / (12 * h);
  });
}
