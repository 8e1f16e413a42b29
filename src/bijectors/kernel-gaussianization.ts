import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import { GaussianMixtureCdf, type GaussianMixtureCdfOptions } from '../elementwise/gaussian-mixture-cdf.js';
import { FlowDataError } from '../errors.js';
import type { Config } from '../module.js';
import { batchShapeOf, sizeOf, type Shape } from '../shapes.js';
import { Bijector, type ValueAndLogDet } from './bijector.js';
import { applyElementwise } from './elementwise.js';

/** Options of {@link KernelGaussianization}. */
export interface KernelGaussianizationOptions extends GaussianMixtureCdfOptions {
  readonly dims: number;
}

/**
 * Makes each coordinate standard normal on its own, through the distribution function of a trained mixture of normal
 * kernels ({@link GaussianMixtureCdf}): the layer of a Gaussianization flow, next to rotations; data → base. `forward` is
 * numeric.
 *
 * {@link KernelGaussianization.initialize} puts the kernels of each coordinate on quantiles of the data, each as wide as the
 * way to its nearer neighbour: the untrained layer already is a kernel density estimate, of the width that fits each place.
 * Before that it is nearly the identity.
 *
 * Source: Meng, Song, Song, Ermon, "Gaussianization flows", 2020, section 3.2 and, but for the widths, 4.2.
 */
export class KernelGaussianization extends Bijector {
  static override readonly className = 'KernelGaussianization';
  static override readonly samples = [
    () => new KernelGaussianization({ dims: 3, components: 4 }),
    () => new KernelGaussianization({ dims: 1, components: 3 }),
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  readonly #transform: GaussianMixtureCdf;
  readonly #parameters: Variable;
  /** 1 once data were seen; a weight, so that a saved model remembers. */
  readonly #initialized: Variable;
  readonly #config: Config;

  /** @throws FlowConfigError for sizes that are no positive integers. */
  constructor({ dims, ...options }: KernelGaussianizationOptions) {
    super();
    checkInteger('KernelGaussianization.dims', dims);
    this.#transform = new GaussianMixtureCdf(options);
    const start = this.#transform.identityParameters();
    this.eventShapeIn = [dims];
    this.eventShapeOut = [dims];
    this.#parameters = this.weight('parameters', [dims * start.length], Array.from({ length: dims }, () => start).flat()); // prettier-ignore
    this.#initialized = this.weight('initialized', [], [0], { trainable: false });
    this.#config = { dims, ...options };
  }

  /**
   * Puts the kernels on the data; does nothing after the first time. Looks at the numbers.
   *
   * @throws FlowDataError for fewer than two rows.
   */
  override initialize(data: Tensor): void {
    if (this.#initialized.dataSync()[0] > 0) return;
    const where = `${this.className}.initialize`;
    const [dims] = this.eventShapeOut;
    const rows = sizeOf(batchShapeOf(data, this.eventShapeOut, where, 'data'));
    if (rows < 2) throw new FlowDataError(where, { expected: 'at least two rows', got: `${rows}` });
    const values = data.dataSync<'float32'>();
    const components = this.#transform.parameterCount / 3;
    const parameters = Array.from({ length: dims }, (_, d) => {
      const column = Float32Array.from({ length: rows }, (_, row) => values[row * dims + d]).sort();
      const centres = quantiles(column, components);
      return this.#transform.kernelParameters(centres, bandwidths(centres));
    });
    tf.tidy(() => {
      this.#parameters.assign(tf.tensor1d(parameters.flat()));
      this.#initialized.assign(tf.scalar(1));
    });
  }

  protected override mapForward(x: Tensor): ValueAndLogDet {
    return applyElementwise(x, this.#raw(x), this.#transform, (flat, raw) => this.#transform.forward(flat, raw));
  }

  protected override mapInverse(y: Tensor): ValueAndLogDet {
    return applyElementwise(y, this.#raw(y), this.#transform, (flat, raw) => this.#transform.inverse(flat, raw));
  }

  override getConfig(): Config {
    return this.#config;
  }

  #raw(x: Tensor): Tensor {
    return tf.add(tf.zeros([x.shape[0], this.#parameters.size]), this.#parameters);
  }
}

/** Values at the middles of `count` parts of equal weight. */
function quantiles(sorted: Float32Array, count: number): number[] {
  return Array.from({ length: count }, (_, k) => {
    const last = sorted.length - 1;
    const at = Math.min(Math.max(((k + 0.5) / count) * sorted.length - 0.5, 0), last);
    const below = Math.floor(at);
    const above = Math.min(below + 1, last);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  });
}

/**
 * The distance of each kernel to the nearer of its neighbours: narrow where there are many, and not stretched over the gap
 * between two modes. At least a twentieth of their mean; 1 for one alone, or all in one place.
 */
function bandwidths(centres: readonly number[]): number[] {
  const gaps = centres.slice(1).map((centre, k) => centre - centres[k]);
  const least = (centres.at(-1)! - centres[0]) / (20 * gaps.length);
  if (!(least > 0)) return centres.map(() => 1);
  return centres.map((_, k) => Math.max(least, Math.min(gaps[k - 1] ?? Infinity, gaps[k] ?? Infinity)));
}
