import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import { MLP } from '../conditioners/mlp.js';
import { GaussianMixtureCdf, type GaussianMixtureCdfOptions } from '../elementwise/gaussian-mixture-cdf.js';
import { FlowDataError } from '../errors.js';
import type { Config } from '../module.js';
import { normalQuantile } from '../numerics/normal-quantile.js';
import { RandomStream, type Seed } from '../random.js';
import { batchShapeOf, sizeOf, type Shape } from '../shapes.js';
import { Bijector, type ValueAndLogDet } from './bijector.js';
import { applyElementwise } from './elementwise.js';

/** Options of {@link KernelGaussianization}. */
export interface KernelGaussianizationOptions extends GaussianMixtureCdfOptions {
  /** Number of coordinates of one event. */
  readonly dims: number;
  /** Shape of one context, for a conditional map. Default: none. */
  readonly contextShape?: Shape | null;
  /** Widths of the hidden layers of the network that moves the parameters with the context. Default: [64, 64]. */
  readonly hidden?: readonly number[];
  /** Seed of that network's initial weights. Default: 0. */
  readonly seed?: Seed;
}

/**
 * Makes each coordinate standard normal on its own, through the distribution function of a trained mixture of normal
 * kernels ({@link GaussianMixtureCdf}): the layer of a Gaussianization flow, next to rotations; data → base. `forward` is
 * numeric. With kernels at `μⱼ` of widths `hⱼ` and weights `wⱼ`, `inverse: z = Φ⁻¹(Σⱼ wⱼ Φ((x - μⱼ) / hⱼ))`.
 *
 * {@link KernelGaussianization.initialize} puts the kernels of each coordinate on quantiles of the data, each as wide as the
 * ways to its neighbours, and the outermost wide enough that the extreme of the data is no rarer than one row in all: the
 * untrained layer already is a kernel density estimate, of the width that fits each place. Before that it is nearly the
 * identity.
 *
 * With a context, a network adds to the parameters what depends on it, nothing at first.
 *
 * Source: Meng, Song, Song, Ermon, "Gaussianization flows", 2020, section 3.2 and, but for the widths, 4.2.
 *
 * @cost forward: numeric; inverse: formula
 */
export class KernelGaussianization extends Bijector {
  static override readonly className = 'KernelGaussianization';
  static override readonly samples = [
    () => new KernelGaussianization({ dims: 3, components: 4 }),
    () => new KernelGaussianization({ dims: 1, components: 3 }),
    () => new KernelGaussianization({ dims: 2, components: 3, contextShape: [2], hidden: [5], seed: 1 }),
  ];

  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  override readonly contextShape: Shape | null;
  readonly #transform: GaussianMixtureCdf;
  readonly #conditioner: MLP | null;
  readonly #parameters: Variable;
  /** 1 once data were seen; a weight, so that a saved model remembers. */
  readonly #initialized: Variable;
  readonly #config: Config;

  /** @throws FlowConfigError for sizes that are no positive integers. */
  constructor({ dims, contextShape = null, hidden = [64, 64], seed = 0, ...options }: KernelGaussianizationOptions) {
    super();
    checkInteger('KernelGaussianization.dims', dims);
    this.#transform = new GaussianMixtureCdf(options);
    const start = this.#transform.identityParameters();
    this.eventShapeIn = [dims];
    this.eventShapeOut = [dims];
    this.#parameters = this.weight('parameters', [dims * start.length], Array.from({ length: dims }, () => start).flat()); // prettier-ignore
    this.#initialized = this.weight('initialized', [], [0], { trainable: false });
    const stream = RandomStream.from(seed);
    const outputs = dims * start.length;
    const network = { inputs: 0, outputs, hidden, contextShape, initialOutput: Array<number>(outputs).fill(0), seed: stream }; // prettier-ignore
    this.contextShape = contextShape;
    this.#conditioner = contextShape && this.child('conditioner', new MLP(network));
    this.#config = { dims, contextShape, hidden, seed: stream.key, ...options };
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
      return this.#transform.kernelParameters(centres, bandwidths(centres, column));
    });
    tf.tidy(() => {
      this.#parameters.assign(tf.tensor1d(parameters.flat()));
      this.#initialized.assign(tf.scalar(1));
    });
  }

  protected override mapForward(x: Tensor, context: Tensor | null): ValueAndLogDet {
    return applyElementwise(x, this.#raw(x, context), this.#transform, (flat, raw) =>
      this.#transform.forward(flat, raw),
    );
  }

  protected override mapInverse(y: Tensor, context: Tensor | null): ValueAndLogDet {
    return applyElementwise(y, this.#raw(y, context), this.#transform, (flat, raw) =>
      this.#transform.inverse(flat, raw),
    );
  }

  override getConfig(): Config {
    return this.#config;
  }

  #raw(x: Tensor, context: Tensor | null): Tensor {
    const batch = x.shape[0];
    const moved = this.#conditioner?.apply(tf.zeros([batch, 0]), context);
    return tf.add(moved ?? tf.zeros([batch, this.#parameters.size]), this.#parameters);
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
 * The geometric mean of the ways to the neighbours: narrow where there are many, without a cliff where a gap begins. At least
 * a twentieth of the mean way; 1 for one kernel alone, or all in one place. The outermost reach the extremes of the data.
 */
function bandwidths(centres: readonly number[], sorted: Float32Array): number[] {
  const gaps = centres.slice(1).map((centre, k) => centre - centres[k]);
  const least = (centres.at(-1)! - centres[0]) / (20 * gaps.length);
  if (!(least > 0)) return centres.map(() => 1);
  const widths = centres.map((_, k) => Math.max(least, Math.sqrt((gaps[k - 1] ?? gaps[k]) * (gaps[k] ?? gaps[k - 1]))));
  const rarest = -normalQuantile(Math.min(centres.length / (2 * sorted.length), 0.5 - 1e-3));
  widths[0] = Math.max(widths[0], (centres[0] - sorted[0]) / rarest);
  widths[centres.length - 1] = Math.max(widths.at(-1)!, (sorted.at(-1)! - centres.at(-1)!) / rarest);
  return widths;
}
