import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../../errors.js';
import type { Config } from '../../module.js';
import type { RandomStream } from '../../random.js';
import { boundedLogScale } from './log-scale.js';
import { Likelihood } from './likelihood.js';

/** Options of {@link NormalLikelihood}. */
export interface NormalLikelihoodOptions {
  /**
   * Where the deviation `σ` comes from: a fixed positive number; `'shared'`, one trained number for all coordinates; or
   * `'emitted'` by the decoder, one a coordinate. Default: `'shared'`.
   */
  readonly scale?: number | 'shared' | 'emitted';
}

/**
 * Real coordinates, `x ~ N(m, σ²)` with the mean `m` from the decoder. A trained deviation starts at 1; one for all
 * coordinates finds the balance between both terms of the bound that a `beta` would have to be tuned for (Rybkin, Daniilidis
 * and Levine, "Simple and effective VAE training with calibrated decoders", 2021).
 */
export class NormalLikelihood extends Likelihood {
  static override readonly className = 'NormalLikelihood';

  override readonly parametersPerCoordinate: number;
  /** Where the deviation comes from. */
  readonly scale: number | 'shared' | 'emitted';
  readonly #logScale: Variable | null;

  /** @throws FlowConfigError for a scale that is neither a positive number nor one of the two words. */
  constructor({ scale = 'shared' }: NormalLikelihoodOptions = {}) {
    super();
    const isNumber = typeof scale === 'number' && scale > 0 && scale < Infinity;
    if (!isNumber && scale !== 'shared' && scale !== 'emitted') {
      const expected = "a positive number, 'shared' or 'emitted'";
      throw new FlowConfigError('NormalLikelihood.scale', { expected, got: String(scale) });
    }
    this.scale = scale;
    this.parametersPerCoordinate = scale === 'emitted' ? 2 : 1;
    this.#logScale = scale === 'shared' ? this.weight('logScale', [1], [0]) : null;
  }

  override logProb(x: Tensor, raw: Tensor): Tensor {
    const [rows, dims] = x.shape;
    const logScale = this.#logScaleOf(raw, dims);
    const u = tf.mul(tf.sub(x, this.mean(raw)), tf.exp(tf.neg(logScale)));
    const each = tf.add(tf.mul(tf.square(u), 0.5), logScale);
    return tf.neg(tf.add(tf.sum(tf.reshape(each, [rows, dims]), 1), 0.5 * dims * Math.log(2 * Math.PI)));
  }

  override mean(raw: Tensor): Tensor {
    const [rows, width] = raw.shape;
    return this.parametersPerCoordinate === 1 ? raw : tf.slice(raw, [0, 0], [rows, width / 2]);
  }

  override draw(raw: Tensor, stream: RandomStream): Tensor {
    const mean = this.mean(raw);
    return tf.add(mean, tf.mul(stream.normalTensor(mean.shape), tf.exp(this.#logScaleOf(raw, mean.shape[1]!))));
  }

  #logScaleOf(raw: Tensor, dims: number): Tensor {
    if (typeof this.scale === 'number') return tf.scalar(Math.log(this.scale));
    return this.#logScale ?? boundedLogScale(tf.slice(raw, [0, dims], [raw.shape[0], dims]));
  }

  override getConfig(): Config {
    return { scale: this.scale };
  }
}
