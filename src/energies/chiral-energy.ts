import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config } from '../module.js';
import type { Shape } from '../shapes.js';
import { checkCentres, signedVolumes, type ChiralCentre } from './chirality.js';
import { checkConstants } from './checks.js';
import { Energy, type Invariances } from './energy.js';
import { MolecularMechanics } from './molecular-mechanics.js';

/** Options of {@link ChiralEnergy}. */
export interface ChiralEnergyOptions {
  /** Of positions `[atoms, 3]`. */
  readonly energy: Energy;
  /** Centres with the neighbours in the order of the form wanted. */
  readonly centres: readonly ChiralCentre[];
  /** Penalty of a flat centre, in kT. Default: 10. */
  readonly strength?: number;
  /** Volume in nm³ from which there is none. Default: 0.001, less than half that of a carbon's three bonds. */
  readonly margin?: number;
}

/**
 * An energy with a penalty for the mirror image: `u(x) + strength · Σ max(0, 1 - v / margin)²` over signed volumes `v` of centres. Centres
 * in the form wanted, as good as tetrahedral, have none, so that weights and samples there are those of `u`.
 */
export class ChiralEnergy extends Energy {
  static override readonly className = 'ChiralEnergy';
  static override readonly samples = [
    () => new ChiralEnergy({ energy: MolecularMechanics.samples[0](), centres: [[1, 0, 2, 3]] }),
  ];

  override readonly eventShape: Shape;
  override readonly invariances: Invariances;
  override readonly reference: Float32Array | null;
  /** Without the penalty. */
  readonly energyOfBoth: Energy;
  readonly #options: Required<Omit<ChiralEnergyOptions, 'energy'>>;

  /** @throws FlowConfigError for centres of other than four different atoms, or numbers that are not positive. */
  constructor({ energy, centres, strength = 10, margin = 1e-3 }: ChiralEnergyOptions) {
    super();
    checkConstants('ChiralEnergy', { strength, margin }, 'positive');
    checkCentres(centres, energy.eventShape[0]);
    this.energyOfBoth = this.child('energy', energy);
    this.eventShape = energy.eventShape;
    this.invariances = { ...energy.invariances, reflections: false, exchangeable: [] };
    this.reference = energy.reference;
    this.#options = { centres, strength, margin };
  }

  protected override evaluate(x: Tensor): Tensor {
    const { centres, strength, margin } = this.#options;
    const lacking = tf.relu(tf.sub(1, tf.div(signedVolumes(x, centres), margin)));
    return tf.add(this.energyOfBoth.energy(x), tf.mul(strength, tf.sum(tf.square(lacking), 1)));
  }

  override getConfig(): Config {
    return { energy: this.energyOfBoth, ...this.#options };
  }
}
