import { checkInteger } from '../conditioners/check.js';
import { checkBox, type Box } from '../conditioners/bodies/body-view.js';
import { FlowConfigError } from '../errors.js';
import type { Config } from '../module.js';
import type { DispersionCorrection } from './dispersion.js';
import type { Energy } from './energy.js';
import { iceXICrystal, isProtonOrder, type ProtonOrder } from './ice-xi-crystal.js';
import type { RigidMoleculesOptions } from './rigid-molecules.js';
import { Tip4pEw } from './tip4p-ew.js';

export type { ProtonOrder } from './ice-xi-crystal.js';

/** Options of {@link IceXI}. */
export interface IceXIOptions extends Pick<
  RigidMoleculesOptions,
  'temperature' | 'cutoff' | 'switchFrom' | 'ewaldTolerance' | 'core'
> {
  /** Cells along each axis, 8 molecules each. Default: `[2, 1, 1]`, 16 molecules. */
  readonly repeats?: readonly [number, number, number];
  /** Lengths of the cell, in nm. Default: those of the publication, `[0.44923, 0.77808, 0.73358]`. */
  readonly cell?: Box;
  /** Default: `'antiferroelectric'`, that of the publication. */
  readonly protonOrder?: ProtonOrder;
  /** Default: `'openmm'`, that of the publication. */
  readonly dispersionCorrection?: DispersionCorrection;
}

/** Oxygens as in ideal wurtzite, 0.2751 nm from each other. */
const CELL: Box = [0.44923, 0.77808, 0.73358];

/**
 * Ice XI, ordinary ice with ordered protons, in a fixed box: {@link Tip4pEw} with the crystal as its `reference`. With 16 molecules
 * it is the benchmark of Köhler, Invernizzi, de Haan and Noé, "Rigid body flows for sampling molecular crystal structures", 2023,
 * who find the free energy to change by -669.711 ± 0.054 kT from 250 K to 100 K.
 */
export class IceXI extends Tip4pEw {
  static override readonly className = 'IceXI';
  static override readonly samples: readonly (() => Energy)[] = [
    () => new IceXI({ repeats: [1, 1, 1], ewaldTolerance: 1e-2 }),
  ];

  readonly #own: IceXIOptions;

  /** @throws FlowConfigError for repeats that are no counts, another order, or a cell or constants out of range. */
  constructor(options: IceXIOptions = {}) {
    const { repeats = [2, 1, 1], cell = CELL, protonOrder = 'antiferroelectric', ...rest } = options;
    repeats.forEach((count, axis) => checkInteger(`IceXI.repeats[${axis}]`, count));
    checkBox('IceXI', cell);
    if (!isProtonOrder(protonOrder)) {
      throw new FlowConfigError('IceXI.protonOrder', {
        expected: "'antiferroelectric' or 'ferroelectric'",
        got: `'${String(protonOrder)}'`,
      });
    }
    const box: Box = [cell[0] * repeats[0], cell[1] * repeats[1], cell[2] * repeats[2]];
    const reference = iceXICrystal(protonOrder, cell, repeats);
    const { dispersionCorrection = 'openmm' } = options;
    super({ ...rest, dispersionCorrection, box, molecules: reference.length, reference: reference.flat() });
    this.#own = options;
  }

  override getConfig(): Config {
    return { ...this.#own };
  }
}
