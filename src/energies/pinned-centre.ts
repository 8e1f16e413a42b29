import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import type { Config } from '../module.js';
import type { Shape } from '../shapes.js';
import { checkConstants } from './checks.js';
import { Energy, type Invariances } from './energy.js';
import { MultiDoubleWell } from './multi-double-well.js';

/** Options of {@link PinnedCentre}. */
export interface PinnedCentreOptions {
  /** Of events `[points, dims]`, unchanged when all points are moved alike. */
  readonly energy: Energy;
  /** Standard deviation `s` of each of the `n` normal points whose centre it is. Default: 1. */
  readonly scale?: number;
}

/**
 * Another energy with its centre of mass tied to the origin, `u(x) + ½ n |x̄|² / s²`, so that it has a density on all of space: shapes
 * are distributed as on the configurations of mean zero, and the centre independently of them as that of `n` points from
 * `N(0, s²)`. A base of such points has it already, and a flow along a field that keeps the centre does not change it.
 *
 * `log Z` is that of the configurations of mean zero plus `½ dims log 2πs²`, volumes being those of the subspace.
 */
export class PinnedCentre extends Energy {
  static override readonly className = 'PinnedCentre';
  static override readonly samples = [() => new PinnedCentre({ energy: new MultiDoubleWell({ particles: 3 }) })];

  override readonly eventShape: Shape;
  override readonly invariances: Invariances;
  override readonly reference: Float32Array | null;
  readonly #energy: Energy;
  readonly #scale: number;

  /** @throws FlowConfigError for an energy of other events, or one that already has a centre, or a scale that is not positive. */
  constructor({ energy, scale = 1 }: PinnedCentreOptions) {
    super();
    checkConstants('PinnedCentre', { scale }, 'positive');
    if (energy.eventShape.length !== 2 || !energy.invariances.translations) {
      throw new FlowConfigError('PinnedCentre.energy', {
        expected: 'an energy of points `[points, dims]` that moving all of them alike does not change',
        got: `a ${energy.className}`,
      });
    }
    this.#scale = scale;
    this.#energy = this.child('energy', energy);
    this.eventShape = energy.eventShape;
    this.invariances = { ...energy.invariances, translations: false };
    this.reference = energy.reference;
  }

  protected override evaluate(x: Tensor): Tensor {
    const [points] = this.eventShape;
    const pin = tf.mul(tf.sum(tf.square(tf.mean(x, 1)), 1), points / (2 * this.#scale ** 2));
    return tf.add(this.#energy.energy(x), pin);
  }

  override getConfig(): Config {
    return { energy: this.#energy, scale: this.#scale };
  }
}
