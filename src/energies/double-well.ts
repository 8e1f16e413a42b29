import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import type { Config } from '../module.js';
import { RandomStream, type Seed } from '../random.js';
import type { Shape } from '../shapes.js';
import { Energy } from './energy.js';
import { checkQuartic, Quartic, quarticOf, type QuarticOptions } from './quartic.js';

/** Options of {@link DoubleWell}. */
export interface DoubleWellOptions extends QuarticOptions {
  /** Coordinates; all but the first are harmonic. Default: 2. */
  readonly dims?: number;
}

/**
 * A double well in the first coordinate, `u(x) = a x₁ + b x₁² + c x₁⁴ + ½ Σ_{i>1} xᵢ²`.
 *
 * The default has its minima at `±√2`, with a barrier of 4 kT. `a = -0.5, b = -6, c = 1` is the well of stochastic
 * normalizing flows (Wu, Köhler and Noé, 2020), `a = 1, b = -6, c = 1` that of Boltzmann generators (Noé et al., 2019).
 */
export class DoubleWell extends Energy {
  static override readonly className = 'DoubleWell';
  static override readonly samples = [
    () => new DoubleWell({ dims: 1 }),
    () => new DoubleWell({}),
    () => new DoubleWell({ dims: 4, a: 0.7, b: -3, c: 0.5 }),
  ];

  override readonly eventShape: Shape;
  readonly #config: Required<DoubleWellOptions>;

  /** @throws FlowConfigError for `dims` that is no positive integer, or `c` that is not positive: there is no density then. */
  constructor({ dims = 2, a = 0, b = -4, c = 1 }: DoubleWellOptions = {}) {
    super();
    checkInteger('DoubleWell.dims', dims);
    checkQuartic('DoubleWell', { a, b, c });
    this.eventShape = [dims];
    this.#config = { dims, a, b, c };
  }

  /** `log ∫ exp(-u) dx`, by quadrature in double precision. */
  get logPartition(): number {
    return new Quartic(this.#config).logPartition + ((this.#config.dims - 1) / 2) * Math.log(2 * Math.PI);
  }

  /**
   * `n` independent draws from `exp(-u)`.
   *
   * @returns `[n, dims]`
   */
  sample(n: number, { seed }: { readonly seed: Seed }): Tensor {
    checkInteger('DoubleWell.sample', n, 0);
    const { dims } = this.#config;
    const stream = RandomStream.from(seed);
    const values = stream.normal(n * dims);
    new Quartic(this.#config).sample(n, stream).forEach((value, row) => (values[row * dims] = value));
    return tf.tensor(values, [n, dims]);
  }

  protected override evaluate(x: Tensor): Tensor {
    const { dims, a, b, c } = this.#config;
    const well = tf.squeeze(quarticOf(tf.slice(x, [0, 0], [-1, 1]), { a, b, c }), [1]);
    if (dims === 1) return well;
    return tf.add(well, tf.mul(0.5, tf.sum(tf.square(tf.slice(x, [0, 1], [-1, dims - 1])), 1)));
  }

  override getConfig(): Config {
    return { ...this.#config };
  }
}
