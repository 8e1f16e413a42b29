import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config } from '../module.js';
import { log1p } from '../numerics/log1p.js';
import { logGammaHalfStep } from '../numerics/log-gamma-half-step.js';
import type { RandomStream } from '../random.js';
import { perCoordinate, type PerCoordinate } from './check.js';
import { LocationScale, type LocationScaleOptions } from './location-scale.js';

/** Options of {@link StudentT}. */
export interface StudentTOptions extends LocationScaleOptions {
  /** Positive degrees of freedom `ν` of each coordinate: 1 is a Cauchy, a large one close to a normal distribution. */
  readonly df: PerCoordinate;
  /** Whether `log ν` is trained too. Draws are then not reparameterised. Default: false. */
  readonly learnableDf?: boolean;
}

/**
 * Independent Student t coordinates. With `u = (x - loc) / scale`, each contributes
 * `log Γ((ν + 1) / 2) - log Γ(ν / 2) - ½ log νπ - log scale - (ν + 1) / 2 · log(1 + u² / ν)`.
 *
 * Its tails fall as a power of `x`, which bounds the influence of outliers.
 */
export class StudentT extends LocationScale {
  static override readonly className = 'StudentT';
  static override readonly samples = [
    () => new StudentT({ eventShape: [1], df: 3.5 }),
    () => new StudentT({ df: [2, 7], loc: [0.2, -0.3], scale: [1.1, 0.6], learnable: true }),
    () => new StudentT({ eventShape: [1], df: 4, loc: 0.2, scale: 1.1, learnable: true, learnableDf: true }),
  ];

  override readonly reparameterised: boolean;
  readonly #df: () => Tensor;
  readonly #logNormaliser: () => Tensor;
  readonly #config: Config;

  /** @throws FlowConfigError for a bad shape, lists of another length, or a scale or `df` that is not positive. */
  constructor(options: StudentTOptions) {
    super(options, { df: options.df });
    const { df, learnableDf = false } = options;
    const shape = this.eventShape;
    const values = perCoordinate(`${this.className}.df`, df, shape, 'positive');
    if (learnableDf) {
      const logDf = this.weight('logDf', shape, values.map(Math.log));
      this.#df = () => tf.exp(logDf);
      this.#logNormaliser = () => logNormaliser(this.#df());
    } else {
      const fixed = this.constant('df', tf.tensor(values, [...shape], 'float32'));
      const normaliser = this.constant(
        'logNormaliser',
        tf.tidy(() => logNormaliser(fixed)),
      );
      this.#df = () => fixed;
      this.#logNormaliser = () => normaliser;
    }
    this.reparameterised = !learnableDf;
    this.#config = { ...super.getConfig(), df, learnableDf };
  }

  protected override standardLogProb(u: Tensor): Tensor {
    const [batch] = u.shape;
    const df = tf.reshape(this.#df(), [this.dims]);
    const decay = log1p(tf.div(tf.square(tf.reshape(u, [batch, this.dims])), df));
    return tf.sub(this.#logNormaliser(), tf.sum(tf.mul(decay, tf.mul(tf.add(df, 1), 0.5)), 1));
  }

  /** A normal number over the root of a gamma number: `z / √(g / (ν/2))`, `g` of shape `ν/2`. */
  protected override standardDraws(n: number, stream: RandomStream): Float32Array {
    const halved = tf.tidy(() => tf.mul(this.#df(), 0.5));
    const halves = halved.dataSync();
    halved.dispose();
    return Float32Array.from({ length: n * this.dims }, (_, i) => {
      const half = halves[i % this.dims];
      return stream.nextNormal() * Math.sqrt(half / stream.nextGamma(half));
    });
  }

  override getConfig(): Config {
    return this.#config;
  }
}

/** `Σ log Γ((ν + 1) / 2) - log Γ(ν / 2) - ½ log νπ` over all coordinates, a scalar. */
function logNormaliser(df: Tensor): Tensor {
  return tf.sum(tf.sub(logGammaHalfStep(tf.mul(df, 0.5)), tf.mul(tf.log(tf.mul(df, Math.PI)), 0.5)));
}
