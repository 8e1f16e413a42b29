import { checkInteger } from '../conditioners/check.js';
import { checkBox, type Box } from '../conditioners/bodies/body-view.js';
import type { Config } from '../module.js';
import { quaternionFromFrame } from './molecule-frame.js';
import type { Energy } from './energy.js';
import { Tip4pEw } from './tip4p-ew.js';
import type { RigidMoleculesOptions } from './rigid-molecules.js';

/** Options of {@link IceXI}. */
export interface IceXIOptions
  extends Pick<
    RigidMoleculesOptions,
    'temperature' | 'cutoff' | 'switchFrom' | 'ewaldTolerance' | 'dispersionCorrection' | 'core'
  > {
  /** Cells along each axis, 8 molecules each. Default: `[2, 1, 1]`, 16 molecules. */
  readonly repeats?: readonly [number, number, number];
  /** Lengths of the cell, in nm. Default: those of the publication, `[0.44923, 0.77808, 0.73358]`. */
  readonly cell?: Box;
}

/** Molecules in a cell. */
export const ICE_XI_MOLECULES = 8;

/** Cell of the publication: oxygens as in ideal wurtzite, 0.2751 nm from each other. */
export const ICE_XI_CELL: Box = [0.44923, 0.77808, 0.73358];

/**
 * Ice XI, the proton-ordered form of ordinary ice, in a fixed box: {@link Tip4pEw} with the crystal as its `reference`. With 16
 * molecules it is the benchmark of Köhler, Invernizzi, de Haan and Noé, "Rigid body flows for sampling molecular crystal structures", 2023,
 * who find the free energy to change by -669.711 ± 0.054 kT from 250 K to 100 K.
 */
export class IceXI extends Tip4pEw {
  static override readonly className = 'IceXI';
  static override readonly samples: readonly (() => Energy)[] = [() => new IceXI({ repeats: [1, 1, 1], ewaldTolerance: 1e-2 })]; // prettier-ignore

  readonly #own: IceXIOptions;

  /** @throws FlowConfigError for repeats that are no counts, or a cell or constants out of range. */
  constructor(options: IceXIOptions = {}) {
    const { repeats = [2, 1, 1], cell = ICE_XI_CELL, ...rest } = options;
    repeats.forEach((count, axis) => checkInteger(`IceXI.repeats[${axis}]`, count));
    checkBox('IceXI', cell);
    const box: Box = [cell[0] * repeats[0], cell[1] * repeats[1], cell[2] * repeats[2]];
    const reference = iceXI(cell, repeats).flat();
    super({ ...rest, box, molecules: reference.length / 7, reference });
    this.#own = options;
  }

  override getConfig(): Config {
    return { ...this.#own };
  }
}

/** An oxygen in units of the cell, and where its two hydrogen bonds go. */
interface Donor {
  readonly oxygen: readonly number[];
  readonly bonds: readonly (readonly number[])[];
}

/**
 * The two molecules from which symmetry makes all of a cell. Oxygens are those of ideal wurtzite; the first gives its hydrogens
 * along the c axis and to the layer below, the second along a to both sides.
 */
const DONORS: readonly Donor[] = [
  { oxygen: [0, 2 / 3, 1 / 16], bonds: [[0, 0, 3 / 8], [0, -1 / 3, -1 / 8]] }, // prettier-ignore
  { oxygen: [1 / 2, 5 / 6, -1 / 16], bonds: [[1 / 2, -1 / 6, 1 / 8], [-1 / 2, -1 / 6, 1 / 8]] }, // prettier-ignore
];

/**
 * Poses of the molecules of ice XI, `(x, y, z, w, x, y, z)` each: space group Cmc2₁, polar along c. The plane of every molecule is
 * that of the bonds it gives, and the axis that halves its angle halves theirs.
 *
 * Source: Leadbetter et al., "The equilibrium low-temperature structure of ice", 1985, for the order of the protons.
 *
 * @param cell lengths in nm
 * @param repeats cells along each axis
 */
export function iceXI(cell: Box, repeats: readonly [number, number, number]): number[][] {
  const scaled = (v: readonly number[]) => v.map((value, d) => value * cell[d]);
  // Each donor lies on the mirror x → -x. Left are the glide that mirrors y with half a period of c, and the centring of the ab face.
  const operations = [false, true].flatMap((glide) => [0, 1 / 2].map((shift) => ({ glide, shift })));
  const poses = DONORS.flatMap(({ oxygen, bonds }) =>
    operations.map(({ glide, shift }) => {
      const [x, y, z] = oxygen;
      const place = [x + shift, (glide ? -y : y) + shift, z + (glide ? 1 / 2 : 0)].map((f) => f - Math.floor(f));
      const [first, second] = bonds.map((bond) => scaled(bond.map((value, d) => (glide && d === 1 ? -value : value))));
      return { place, quaternion: quaternionFromFrame(first, second) };
    }),
  );
  const [nx, ny, nz] = repeats;
  const cells = Array.from({ length: nx * ny * nz }, (_, k) => [Math.floor(k / (ny * nz)), Math.floor(k / nz) % ny, k % nz]); // prettier-ignore
  return cells.flatMap((corner) =>
    poses.map(({ place, quaternion }) => [...scaled(place.map((f, d) => f + corner[d])), ...quaternion]),
  );
}
