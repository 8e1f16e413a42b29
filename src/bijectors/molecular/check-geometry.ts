import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowDataError } from '../../errors.js';

/** Distances in units of positions, and sines of angles, below which there is no direction in float32. */
const LEAST_DISTANCE = 1e-5;
const LEAST_SINE = 1e-4;

/**
 * Looks at molecules, in double precision, for atoms that meet and chains of three in a line.
 *
 * @param x `[batch, atoms, 3]`
 * @param rows rows of a Z-matrix: the atom, what its bond goes to, and what its angle and torsion are measured with
 * @throws FlowDataError naming rows of data and atoms
 */
export function checkGeometry(where: string, x: Tensor, rows: readonly (readonly number[])[]): void {
  const values = x.dataSync();
  const size = x.shape.at(-2)! * 3;
  const count = values.length / size;
  const faults = new Map<string, Set<number>>();
  const report = (what: string, row: number) => faults.set(what, (faults.get(what) ?? new Set()).add(row));
  for (let row = 0; row < count; row++) {
    const own = values.subarray(row * size, (row + 1) * size);
    const bad = own.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      report(`${own[bad]} for atom ${Math.floor(bad / 3)}`, row);
      continue;
    }
    for (const atoms of rows) {
      const fault = faultOf(own, atoms);
      if (fault) report(fault, row);
    }
  }
  const [first] = faults;
  if (!first) return;
  const [what, rowsFound] = first;
  const found = [...rowsFound].slice(0, 10);
  const others = faults.size > 1 ? `, and ${faults.size - 1} more such faults` : '';
  throw new FlowDataError(where, {
    expected: 'molecules whose bonds, angles and torsions have directions',
    got: `${what} in row ${found.join(', ')}${others}`,
    hint: 'Leave these rows out, or measure with atoms that are not in a line.',
    rows: found,
  });
}

function faultOf(x: ArrayLike<number>, atoms: readonly number[]): string | null {
  const step = (i: number, j: number) => [0, 1, 2].map((k) => x[3 * j + k] - x[3 * i + k]);
  const [a, b, c, d] = atoms;
  const toB = step(a, b);
  if (Math.hypot(...toB) < LEAST_DISTANCE) return `atoms ${a} and ${b} at one place`;
  if (c === undefined) return null;
  const toC = step(b, c);
  if (Math.hypot(...toC) < LEAST_DISTANCE) return `atoms ${b} and ${c} at one place`;
  if (sineBetween(toB, toC) < LEAST_SINE) return `atoms ${a}, ${b} and ${c} in a line`;
  if (d === undefined) return null;
  const toD = step(c, d);
  if (Math.hypot(...toD) < LEAST_DISTANCE) return `atoms ${c} and ${d} at one place`;
  return sineBetween(toC, toD) < LEAST_SINE ? `atoms ${b}, ${c} and ${d} in a line` : null;
}

function sineBetween([x, y, z]: readonly number[], [u, v, w]: readonly number[]): number {
  const product = Math.hypot(y * w - z * v, z * u - x * w, x * v - y * u);
  return product / (Math.hypot(x, y, z) * Math.hypot(u, v, w));
}
