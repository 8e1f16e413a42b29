import type { Box } from '../conditioners/bodies/body-view.js';
import { quaternionFromFrame } from './molecule-frame.js';

/**
 * How the protons of ice XI are ordered.
 *
 * - `'ferroelectric'`: Cmc2₁, polar along c, the order found by neutron diffraction (Leadbetter et al., "The equilibrium low-temperature
 *   structure of ice", 1985).
 * - `'antiferroelectric'`: another order on the same oxygens, without a dipole along any axis, the one that Köhler et al. ran.
 */
export type ProtonOrder = 'antiferroelectric' | 'ferroelectric';

/** An oxygen in units of the cell, and the two oxygens that it gives hydrogens to, as seen from it. */
interface Donor {
  readonly oxygen: readonly number[];
  readonly bonds: readonly (readonly number[])[];
}

/** Oxygens are those of ideal wurtzite; each has neighbours along c, along b, and two to the sides along a. */
const ANTIFERROELECTRIC: readonly Donor[] = [
  { oxygen: [0, 2 / 3, 1 / 16], bonds: [[0, 0, 3 / 8], [1 / 2, 1 / 6, -1 / 8]] },
  { oxygen: [0, 1 / 3, 15 / 16], bonds: [[0, 1 / 3, 1 / 8], [1 / 2, -1 / 6, 1 / 8]] },
  { oxygen: [0, 2 / 3, 7 / 16], bonds: [[0, -1 / 3, 1 / 8], [-1 / 2, 1 / 6, 1 / 8]] },
  { oxygen: [0, 1 / 3, 9 / 16], bonds: [[0, 0, 3 / 8], [-1 / 2, -1 / 6, -1 / 8]] },
  { oxygen: [1 / 2, 1 / 6, 1 / 16], bonds: [[0, -1 / 3, -1 / 8], [1 / 2, 1 / 6, -1 / 8]] },
  { oxygen: [1 / 2, 5 / 6, 15 / 16], bonds: [[0, 0, -3 / 8], [1 / 2, -1 / 6, 1 / 8]] },
  { oxygen: [1 / 2, 1 / 6, 7 / 16], bonds: [[0, 0, -3 / 8], [-1 / 2, 1 / 6, 1 / 8]] },
  { oxygen: [1 / 2, 5 / 6, 9 / 16], bonds: [[0, 1 / 3, -1 / 8], [-1 / 2, -1 / 6, -1 / 8]] },
]; // prettier-ignore

const FERROELECTRIC: readonly Donor[] = [
  { oxygen: [0, 2 / 3, 1 / 16], bonds: [[0, 0, 3 / 8], [0, -1 / 3, -1 / 8]] },
  { oxygen: [0, 1 / 3, 15 / 16], bonds: [[1 / 2, -1 / 6, 1 / 8], [-1 / 2, -1 / 6, 1 / 8]] },
  { oxygen: [0, 2 / 3, 7 / 16], bonds: [[1 / 2, 1 / 6, 1 / 8], [-1 / 2, 1 / 6, 1 / 8]] },
  { oxygen: [0, 1 / 3, 9 / 16], bonds: [[0, 0, 3 / 8], [0, 1 / 3, -1 / 8]] },
  { oxygen: [1 / 2, 1 / 6, 1 / 16], bonds: [[0, 0, 3 / 8], [0, -1 / 3, -1 / 8]] },
  { oxygen: [1 / 2, 5 / 6, 15 / 16], bonds: [[1 / 2, -1 / 6, 1 / 8], [-1 / 2, -1 / 6, 1 / 8]] },
  { oxygen: [1 / 2, 1 / 6, 7 / 16], bonds: [[1 / 2, 1 / 6, 1 / 8], [-1 / 2, 1 / 6, 1 / 8]] },
  { oxygen: [1 / 2, 5 / 6, 9 / 16], bonds: [[0, 0, 3 / 8], [0, 1 / 3, -1 / 8]] },
]; // prettier-ignore

const ORDERS: Readonly<Record<ProtonOrder, readonly Donor[]>> = {
  antiferroelectric: ANTIFERROELECTRIC,
  ferroelectric: FERROELECTRIC,
};

/** Whether a name is one of an order. */
export function isProtonOrder(name: unknown): name is ProtonOrder {
  return typeof name === 'string' && Object.hasOwn(ORDERS, name);
}

/**
 * Poses of the molecules of ice XI, `(x, y, z, w, x, y, z)` each, eight a cell. The plane of every molecule is that of the bonds it
 * gives, and the axis that halves its angle halves theirs.
 *
 * @param cell lengths in nm
 * @param repeats cells along each axis
 */
export function iceXICrystal(
  order: ProtonOrder,
  cell: Box,
  repeats: readonly [number, number, number],
): (readonly number[])[] {
  const scaled = (v: readonly number[]) => v.map((value, d) => value * cell[d]);
  const [nx, ny, nz] = repeats;
  return Array.from({ length: nx * ny * nz }, (_, k) => {
    const corner = [Math.floor(k / (ny * nz)), Math.floor(k / nz) % ny, k % nz];
    return ORDERS[order].map(({ oxygen, bonds }) => {
      const [first, second] = bonds.map(scaled);
      return [...scaled(oxygen.map((f, d) => f + corner[d])), ...quaternionFromFrame(first, second)];
    });
  }).flat();
}
