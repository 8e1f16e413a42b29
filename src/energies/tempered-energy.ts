import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config } from '../module.js';
import type { Shape } from '../shapes.js';
import { checkConstants } from './checks.js';
import { DoubleWell } from './double-well.js';
import { Energy, type Invariances } from './energy.js';

/** Options of {@link TemperedEnergy}. */
export interface TemperedEnergyOptions {
  /** The energy at temperature 1. */
  readonly energy: Energy;
  /** How many times hotter, `τ`. */
  readonly temperature: number;
}

/** Another energy at `τ` times its temperature, `u(x) / τ`. */
export class TemperedEnergy extends Energy {
  static override readonly className = 'TemperedEnergy';
  static override readonly samples = [() => new TemperedEnergy({ energy: new DoubleWell(), temperature: 2.5 })];

  override readonly eventShape: Shape;
  override readonly invariances: Invariances;
  override readonly reference: Float32Array | null;
  /** The energy at temperature 1. */
  readonly energyAtOne: Energy;
  readonly #temperature: number;

  /** @throws FlowConfigError when the temperature is not positive. */
  constructor({ energy, temperature }: TemperedEnergyOptions) {
    super();
    checkConstants('TemperedEnergy', { temperature }, 'positive');
    this.energyAtOne = this.child('energy', energy);
    this.eventShape = energy.eventShape;
    this.invariances = energy.invariances;
    this.reference = energy.reference;
    this.#temperature = temperature;
  }

  protected override evaluate(x: Tensor): Tensor {
    return tf.div(this.energyAtOne.energy(x), this.#temperature);
  }

  override getConfig(): Config {
    return { energy: this.energyAtOne, temperature: this.#temperature };
  }
}
