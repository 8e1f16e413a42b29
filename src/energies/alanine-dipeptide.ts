import { FlowConfigError } from '../errors.js';
import type { Config } from '../module.js';
import {
  ALANINE_DIPEPTIDE_ATOMS,
  ALANINE_DIPEPTIDE_BONDS,
  ALANINE_DIPEPTIDE_CENTRE,
  ALANINE_DIPEPTIDE_FORCE_FIELDS,
  ALANINE_DIPEPTIDE_TORSIONS,
  ALANINE_DIPEPTIDE_Z_MATRIX,
} from './data/alanine-dipeptide.js';
import { MolecularMechanics } from './molecular-mechanics.js';

/** Options of {@link AlanineDipeptide}. */
export interface AlanineDipeptideOptions {
  /** AMBER96, or AMBER99SB (which AMBER99SB-ILDN is for this molecule). Default: `'ff96'`. */
  readonly forceField?: 'ff96' | 'ff99sb';
  /** In kelvin. Default: 300. */
  readonly temperature?: number;
}

/** Indices of four atoms. */
export type FourAtoms = readonly [number, number, number, number];

/** How the atoms of a molecule are placed: some by their positions, the others by bond, angle and torsion. */
export interface MixedZMatrix {
  /** Atoms with positions. */
  readonly block: readonly number[];
  /** The others: each atom, then those that its bond, angle and torsion are measured to. */
  readonly rows: readonly FourAtoms[];
}

/**
 * Alanine dipeptide, ACE-ALA-NME, in vacuum: 22 atoms with all their hydrogens, the benchmark of Boltzmann generators. Positions
 * are in nm, `[22, 3]`; energies in kT. `reference` is the minimum C7eq.
 *
 * With both peptide bonds trans, positive φ has a share of 0.0071 at 300 K in AMBER96, 0.027 in AMBER99SB.
 */
export class AlanineDipeptide extends MolecularMechanics {
  static override readonly className = 'AlanineDipeptide';
  static override readonly samples = [
    () => new AlanineDipeptide(),
    () => new AlanineDipeptide({ forceField: 'ff99sb', temperature: 1000 }),
  ];

  /** Atoms of the backbone torsions: `phi`, `psi`, `omega1`, `omega2`. */
  static readonly torsions: Readonly<Record<'phi' | 'psi' | 'omega1' | 'omega2', FourAtoms>> =
    ALANINE_DIPEPTIDE_TORSIONS;
  /** The centre of chirality and three neighbours of it, whose signed volume is positive in the natural form, L. */
  static readonly chiralCentre: FourAtoms = ALANINE_DIPEPTIDE_CENTRE;
  /** A Z-matrix of all atoms, from the middle of the backbone outwards. */
  static readonly zMatrix: readonly (readonly number[])[] = [
    [14],
    [8, 14],
    [6, 8, 14],
    [10, 8, 14, 6],
    [9, 8, 6, 14],
    ...ALANINE_DIPEPTIDE_Z_MATRIX.rows,
  ];
  /** Five atoms around the central carbon, and rows for the others. */
  static readonly mixedZMatrix: MixedZMatrix = ALANINE_DIPEPTIDE_Z_MATRIX;

  readonly #config: Required<AlanineDipeptideOptions>;

  /** @throws FlowConfigError for another force field, or a temperature that is not positive. */
  constructor({ forceField = 'ff96', temperature = 300 }: AlanineDipeptideOptions = {}) {
    if (!Object.hasOwn(ALANINE_DIPEPTIDE_FORCE_FIELDS, forceField)) {
      throw new FlowConfigError('AlanineDipeptide.forceField', {
        expected: "'ff96' or 'ff99sb'",
        got: `'${String(forceField)}'`,
      });
    }
    const { angles, torsions, minimum } = ALANINE_DIPEPTIDE_FORCE_FIELDS[forceField];
    const [atoms, bonds] = [ALANINE_DIPEPTIDE_ATOMS, ALANINE_DIPEPTIDE_BONDS];
    super({ atoms, bonds, angles, torsions, temperature, reference: minimum });
    this.#config = { forceField, temperature };
  }

  override getConfig(): Config {
    return { ...this.#config };
  }
}
