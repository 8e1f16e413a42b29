import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import type { Config } from '../module.js';
import { RandomStream, type Seed } from '../random.js';
import type { Shape } from '../shapes.js';
import { Energy } from './energy.js';
import { checkQuartic, Quartic, quarticOf, type QuarticOptions } from './quartic.js';

/** Options of {@link ManyWell}. */
export interface ManyWellOptions extends QuarticOptions {
  /** Number of double wells; the energy has `2^wells` minima. Default: 16. */
  readonly wells?: number;
  /** Coordinates that belong to one well, of which the first is the quartic one. Default: 2. */
  readonly dimsPerWell?: number;
}

/**
 * Independent double wells side by side, `u(x) = Σ_w a x_w + b x_w² + c x_w⁴ + ½ |rest|²`: the coordinates of one well
 * follow each other, the quartic one first. The default is the 32-dimensional benchmark of FAB (Midgley et al., 2023), with
 * `a = -0.5, b = -6, c = 1`.
 */
export class ManyWell extends Energy {
  static override readonly className = 'ManyWell';
  static override readonly samples = [
    () => new ManyWell({}),
    () => new ManyWell({ wells: 5, dimsPerWell: 1, a: 0.3, b: -4, c: 1 }),
    () => new ManyWell({ wells: 2, dimsPerWell: 3, a: 0 }),
  ];

  override readonly eventShape: Shape;
  readonly #config: Required<ManyWellOptions>;

  /** @throws FlowConfigError for counts that are no positive integers, or `c` that is not positive. */
  constructor({ wells = 16, dimsPerWell = 2, a = -0.5, b = -6, c = 1 }: ManyWellOptions = {}) {
    super();
    checkInteger('ManyWell.wells', wells);
    checkInteger('ManyWell.dimsPerWell', dimsPerWell);
    checkQuartic('ManyWell', { a, b, c });
    this.eventShape = [wells * dimsPerWell];
    this.#config = { wells, dimsPerWell, a, b, c };
  }

  /** `log ∫ exp(-u) dx`, by quadrature in double precision. */
  get logPartition(): number {
    const { wells, dimsPerWell } = this.#config;
    return wells * (new Quartic(this.#config).logPartition + ((dimsPerWell - 1) / 2) * Math.log(2 * Math.PI));
  }

  /**
   * `n` independent draws from `exp(-u)`.
   *
   * @returns `[n, wells * dimsPerWell]`
   */
  sample(n: number, { seed }: { readonly seed: Seed }): Tensor {
    checkInteger('ManyWell.sample', n, 0);
    const { wells, dimsPerWell } = this.#config;
    const stream = RandomStream.from(seed);
    const values = stream.normal(n * wells * dimsPerWell);
    const drawn = new Quartic(this.#config).sample(n * wells, stream);
    drawn.forEach((value, i) => (values[i * dimsPerWell] = value));
    return tf.tensor(values, [n, wells * dimsPerWell]);
  }

  protected override evaluate(x: Tensor): Tensor {
    const { wells, dimsPerWell, a, b, c } = this.#config;
    const grouped = tf.reshape(x, [-1, wells, dimsPerWell]);
    const well = tf.sum(quarticOf(tf.slice(grouped, [0, 0, 0], [-1, -1, 1]), { a, b, c }), [1, 2]);
    if (dimsPerWell === 1) return well;
    const rest = tf.slice(grouped, [0, 0, 1], [-1, -1, dimsPerWell - 1]);
    return tf.add(well, tf.mul(0.5, tf.sum(tf.square(rest), [1, 2])));
  }

  override getConfig(): Config {
    return { ...this.#config };
  }
}
