import type { Box } from '../conditioners/bodies/body-view.js';
import type { Config } from '../module.js';
import type { Energy } from './energy.js';
import { RigidMolecules, type RigidMoleculesOptions, type RigidSite } from './rigid-molecules.js';

/** Options of {@link Tip4pEw}. */
export interface Tip4pEwOptions extends Omit<RigidMoleculesOptions, 'sites'> {
  /** Number of molecules, 2 or more. */
  readonly molecules: number;
  /** Lengths of the periodic box, in nm. */
  readonly box: Box;
}

/** Distance of oxygen and hydrogen, in nm, and half the angle between the two bonds. */
const [BOND, HALF_ANGLE] = [0.09572, 1.82421813418 / 2];

/**
 * One molecule of water: oxygen at the origin, hydrogens in the xz plane, and the site M of the negative charge 0.0125 nm from the
 * oxygen, along z, which halves the angle of the bonds.
 */
export const TIP4P_EW_SITES: readonly RigidSite[] = [
  { position: [0, 0, 0], sigma: 0.316435, epsilon: 0.680946 },
  { position: [BOND * Math.sin(HALF_ANGLE), 0, BOND * Math.cos(HALF_ANGLE)], charge: 0.52422 },
  { position: [-BOND * Math.sin(HALF_ANGLE), 0, BOND * Math.cos(HALF_ANGLE)], charge: 0.52422 },
  { position: [0, 0, 0.0125], charge: -1.04844 },
];

/**
 * Water in a periodic box by the rigid model TIP4P-Ew, `[molecules, 7]`: see {@link RigidMolecules}. The position of a molecule is that of
 * its oxygen.
 *
 * Source: Horn et al., "Development of an improved four-site water model for biomolecular simulations: TIP4P-Ew", 2004.
 */
export class Tip4pEw extends RigidMolecules {
  static override readonly className: string = 'Tip4pEw';
  static override readonly samples: readonly (() => Energy)[] = [() => new Tip4pEw(DIMER)];

  readonly #config: Tip4pEwOptions;

  /** @throws FlowConfigError for a box or constants out of range, or a cutoff beyond half the box. */
  constructor(options: Tip4pEwOptions) {
    super({ ...options, sites: TIP4P_EW_SITES });
    this.#config = options;
  }

  override getConfig(): Config {
    return { ...this.#config };
  }
}

/** Two molecules joined by a hydrogen bond, for tests. */
const DIMER: Tip4pEwOptions = {
  molecules: 2,
  box: [0.8, 0.7, 0.75],
  ewaldTolerance: 1e-2,
  reference: [0.2, 0.3, 0.3, 0.8, 0, 0.6, 0, 0.48, 0.3, 0.34, 0.5, 0.5, 0.5, 0.5],
};
