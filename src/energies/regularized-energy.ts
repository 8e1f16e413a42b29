import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import { withoutGradient } from '../kernels/stop-gradient/op.js';
import type { Config } from '../module.js';
import { withSlope } from '../numerics/with-slope.js';
import type { Shape } from '../shapes.js';
import { checkConstants } from './checks.js';
import { Energy, type Invariances } from './energy.js';
import { LennardJones } from './lennard-jones.js';

/** Options of {@link RegularizedEnergy}. */
export interface RegularizedEnergyOptions {
  /** The energy to cut. */
  readonly energy: Energy;
  /** Energy `h` above which it grows as a logarithm, in kT. Default: 1000. */
  readonly high?: number;
  /** Energy `m` at which it ends, in kT. Default: 10⁹. */
  readonly max?: number;
}

/**
 * Another energy, cut as a logarithm: `u` below `h`, above it `h + log(1 + min(u, m) - h)`. The slope goes from 1 to `1 / (1 + u - h)`
 * and is zero above `m`, so that atoms on top of each other do not drown all others in a mean (Noé et al., "Boltzmann generators",
 * 2019).
 *
 * It is to train on. Weights of samples take the energy itself. What is not a number stays so.
 */
export class RegularizedEnergy extends Energy {
  static override readonly className = 'RegularizedEnergy';
  static override readonly samples = [
    () => new RegularizedEnergy({ energy: new LennardJones({ particles: 3, spatialDims: 2 }), high: 5, max: 1e4 }),
  ];

  override readonly eventShape: Shape;
  override readonly invariances: Invariances;
  override readonly reference: Float32Array | null;
  /** The energy itself, by which draws are weighted. */
  readonly uncut: Energy;
  readonly #high: number;
  readonly #max: number;

  /** @throws FlowConfigError unless `high < max`, both finite. */
  constructor({ energy, high = 1e3, max = 1e9 }: RegularizedEnergyOptions) {
    super();
    checkConstants('RegularizedEnergy', { high, max });
    if (!(high < max)) {
      throw new FlowConfigError('RegularizedEnergy', { expected: '`high` < `max`', got: `high ${high}, max ${max}` });
    }
    this.uncut = this.child('energy', energy);
    this.eventShape = energy.eventShape;
    this.invariances = energy.invariances;
    this.reference = energy.reference;
    this.#high = high;
    this.#max = max;
  }

  protected override evaluate(x: Tensor): Tensor {
    const [high, max] = [this.#high, this.#max];
    // Comparisons with what is not a number are false, and leave it as it is.
    const exceeds = (u: Tensor, limit: number) => withoutGradient([u], (value) => tf.greater(value, limit));
    const capped = (u: Tensor) => tf.where(exceeds(u, max), tf.fill(u.shape, max), u);
    const above = (u: Tensor) => tf.where(exceeds(u, high), tf.sub(capped(u), high), tf.zerosLike(u));
    return withSlope(
      this.uncut.energy(x),
      (u) => tf.where(exceeds(u, high), tf.add(high, tf.log(tf.add(1, above(u)))), u),
      (u) => tf.where(exceeds(u, max), tf.zerosLike(u), tf.reciprocal(tf.add(1, above(u)))),
    );
  }

  override getConfig(): Config {
    return { energy: this.uncut, high: this.#high, max: this.#max };
  }
}
