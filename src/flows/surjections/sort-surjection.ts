import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../../conditioners/check.js';
import { FlowConfigError } from '../../errors.js';
import { withoutGradient } from '../../kernels/stop-gradient/op.js';
import type { Config } from '../../module.js';
import type { RandomStream } from '../../random.js';
import type { Shape } from '../../shapes.js';
import { forbid } from './forbid.js';
import { reorder, sortingMatrices } from './order.js';
import { Surjection, type Collapse, type Expansion, type SurjectionDirection } from './surjection.js';

/** Smallest gap between two numbers that counts. */
const LEAST_GAP = 1e-30;

/** Options of {@link SortSurjection}. */
export interface SortSurjectionOptions {
  /** Numbers of one event. */
  readonly dims: number;
  /** Default: `'inference'`, for exchangeable data. */
  readonly direction?: SurjectionDirection;
  /**
   * Whether sorted numbers go to the base as the least of them and `log (exp g − 1)` of the gaps `g`, which may be any real
   * numbers. For inference surjections alone. Default: true for these.
   */
  readonly gaps?: boolean;
}

/**
 * The numbers of an event in ascending order, with a permutation drawn uniformly as its right inverse:
 * `log p(permutation) = −log D!`.
 *
 * As an inference surjection, `z = sort(x)`: the density is the same for all orders of the data. What lies below has to be a
 * model of ascending numbers, which `gaps` makes of any model of real ones: with them the density is exact, with
 * `−Σ log (1 − exp(−g))` for what they do to volumes.
 *
 * As a generative one, `x = sort(z)`: data ascend, and the density is zero at others; the bound is tight where what lies
 * below is exchangeable, such as independent numbers of one distribution.
 *
 * Costs `D²` numbers a row. Source: Nielsen et al., "SurVAE flows", 2020, section 3.3 and appendix; the gaps are ours.
 */
export class SortSurjection extends Surjection {
  static override readonly className = 'SortSurjection';
  static override readonly samples = [
    () => new SortSurjection({ dims: 3 }),
    () => new SortSurjection({ dims: 3, direction: 'generative' }),
  ];

  override readonly wideShape: Shape;
  override readonly narrowShape: Shape;
  readonly #logProb: number;
  readonly #gaps: boolean;

  /** @throws FlowConfigError for `dims` that are not a positive integer, an unknown direction, or gaps in a generative one. */
  constructor({ dims, direction = 'inference', gaps = direction === 'inference' }: SortSurjectionOptions) {
    super(direction);
    checkInteger('SortSurjection.dims', dims);
    if (gaps && direction === 'generative') {
      const expected = 'false for a generative surjection';
      throw new FlowConfigError('SortSurjection.gaps', { expected, got: 'true', hint: 'Its data are what is sorted.' });
    }
    this.wideShape = this.narrowShape = [dims];
    this.#logProb = -Array.from({ length: dims }, (_, i) => Math.log(i + 1)).reduce((sum, log) => sum + log, 0);
    this.#gaps = gaps && dims > 1;
  }

  override isExact(): boolean {
    return this.direction === 'inference' && (this.#gaps || this.wideShape[0] === 1);
  }

  override get noiseSize(): number {
    return this.wideShape[0];
  }

  override drawNoise(rows: number, stream: RandomStream): Tensor {
    return stream.uniformTensor([rows, this.noiseSize]);
  }

  protected override collapse(wide: Tensor): Collapse {
    const sorted = reorder(sortingMatrices(wide), wide);
    if (!this.#gaps) return { narrow: sorted, logProb: tf.scalar(this.#logProb) };
    const [head, lower, upper] = neighbours(sorted);
    const [free, logDet] = freed(tf.sub(upper, lower));
    return { narrow: tf.concat([head, free], 1), logProb: tf.add(logDet, this.#logProb) };
  }

  protected override expand(narrow: Tensor, noise: Tensor): Expansion {
    const order = sortingMatrices(noise);
    if (this.#gaps) {
      const [rows, dims] = narrow.shape as [number, number];
      const u = tf.slice(narrow, [0, 1], [rows, dims - 1]);
      const logDet = tf.neg(tf.sum(tf.softplus(tf.neg(u)), 1));
      const sorted = tf.cumsum(tf.concat([tf.slice(narrow, [0, 0], [rows, 1]), tf.softplus(u)], 1), 1);
      return { wide: reorder(order, sorted), logProb: tf.sub(this.#logProb, logDet), choice: null };
    }
    if (narrow.shape[1] === 1) return { wide: narrow, logProb: tf.scalar(0), choice: null };
    const impossible = withoutGradient([narrow], (x) => {
      const [, lower, upper] = neighbours(x);
      return forbid(tf.greater(lower, upper));
    });
    return { wide: reorder(order, narrow), logProb: tf.add(impossible, this.#logProb), choice: null };
  }

  override getConfig(): Config {
    return { dims: this.wideShape[0], direction: this.direction, gaps: this.#gaps };
  }
}

/** The first number, all but the last, and all but the first, of `[rows, d]`. */
function neighbours(x: Tensor): [Tensor, Tensor, Tensor] {
  const [rows, dims] = x.shape as [number, number];
  return [tf.slice(x, [0, 0], [rows, 1]), tf.slice(x, [0, 0], [rows, dims - 1]), tf.slice(x, [0, 1], [rows, dims - 1])];
}

/** `[rows, d]` positive numbers → `log (exp g − 1)`, written so that it cancels nowhere, and `log |det|`, `[rows]`. */
function freed(gaps: Tensor): [Tensor, Tensor] {
  // Of equal numbers the gap is next to nothing.
  const g = tf.maximum(gaps, LEAST_GAP);
  const u = tf.add(tf.softplus(g), tf.log(tf.tanh(tf.mul(g, 0.5))));
  return [u, tf.sum(tf.softplus(tf.neg(u)), 1)];
}
