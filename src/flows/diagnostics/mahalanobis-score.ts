import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError, FlowDataError } from '../../errors.js';
import { cholesky } from '../../numerics/cholesky.js';
import { invertLower } from '../../numerics/invert-lower.js';
import { RunningMoments, type Moments } from '../../numerics/running-moments.js';
import { batchShapeOf, sizeOf } from '../../shapes.js';

/** Options of {@link MahalanobisScore}. */
export interface MahalanobisScoreOptions {
  /** Entries of one vector of features. */
  readonly features: number;
  /** `S + ridge · tr(S) / features · I` is used in place of the covariance `S`. Default: 1e-3. */
  readonly ridge?: number;
}

/** A score as plain numbers, to be kept as JSON. */
export interface MahalanobisState extends Required<MahalanobisScoreOptions>, Moments {}

/**
 * Tells contexts that are unlike those trained on: `d² = (g - m)ᵀ S⁻¹ (g - m)`, `m` and `S` mean and covariance of the
 * features `g` of training contexts. Features are contexts themselves, or what an embedding makes of them; of a map of
 * features each pixel counts as one vector. For normal features, `d²` of training data has mean `features`.
 *
 * Mean and covariance run along in doubles (Welford, "Note on a method for calculating corrected sums of squares and
 * products", 1962; by batches, Chan, Golub and LeVeque, 1979), so that data may come in any number of parts.
 *
 * Source: Hong, Park, Chun, "On the robustness of normalizing flows for inverse problems in imaging", 2023, section 3.
 *
 * @example
 * const score = await MahalanobisScore.fit(contexts);
 * const [squaredDistance] = await score.score(observation).data(); // about `features` where it is like the others
 */
export class MahalanobisScore {
  /**
   * From features all at once, `[...batch, features]`.
   *
   * @throws FlowConfigError for features without a last axis, or a ridge that is negative.
   * @throws FlowDataError for a value that is not finite.
   */
  static async fit(
    features: Tensor,
    options: Omit<MahalanobisScoreOptions, 'features'> = {},
  ): Promise<MahalanobisScore> {
    const score = new MahalanobisScore({ ...options, features: features.shape.at(-1) ?? 0 });
    await score.update(features);
    return score;
  }

  /**
   * From what {@link state} gave.
   *
   * @throws FlowConfigError for numbers that do not belong together.
   */
  static restore({ features, ridge, count, mean, scatter }: MahalanobisState): MahalanobisScore {
    const score = new MahalanobisScore({ features, ridge });
    const finite = (row: unknown) => Array.isArray(row) && row.length === features && row.every(Number.isFinite);
    const whole = Number.isInteger(count) && count >= 0;
    if (!whole || !finite(mean) || !Array.isArray(scatter) || scatter.length !== features || !scatter.every(finite)) {
      throw new FlowConfigError('MahalanobisScore.restore', {
        expected: `a count, a mean of ${features} numbers and a matrix of ${features} x ${features}`,
        got: 'others',
        hint: 'Pass what `state` gave, as it was.',
      });
    }
    score.#moments = RunningMoments.restore({ count, mean, scatter });
    return score;
  }

  /** Numbers of a vector. */
  readonly features: number;
  /** What is added to the variances. */
  readonly ridge: number;
  #moments: RunningMoments;
  /** `L⁻¹` of the covariance `L Lᵀ`; null until it is asked for again. */
  #whitening: number[][] | null = null;

  /** @throws FlowConfigError for a number of features that is no positive integer, or a ridge that is negative. */
  constructor({ features, ridge = 1e-3 }: MahalanobisScoreOptions) {
    if (!Number.isInteger(features) || features < 1) {
      throw new FlowConfigError('MahalanobisScore.features', { expected: 'a positive integer', got: String(features) });
    }
    if (!(ridge >= 0 && ridge < Infinity)) {
      throw new FlowConfigError('MahalanobisScore.ridge', { expected: 'a number of at least 0', got: String(ridge) });
    }
    this.features = features;
    this.ridge = ridge;
    this.#moments = new RunningMoments(features);
  }

  /** Vectors seen. */
  get count(): number {
    return this.#moments.count;
  }

  /** Of the vectors seen. */
  get mean(): number[] {
    return this.#moments.mean;
  }

  /** Of the vectors seen, with divisor n - 1 and without the ridge. */
  get covariance(): number[][] {
    return this.#moments.covariance(1);
  }

  /** Everything that {@link restore} needs; plain JSON. */
  get state(): MahalanobisState {
    return { features: this.features, ridge: this.ridge, ...this.#moments.state };
  }

  /**
   * Takes more vectors into account.
   *
   * @param features `[...batch, features]`
   * @throws FlowShapeError for vectors of another length.
   * @throws FlowDataError for a value that is not finite; none of them is counted then.
   */
  async update(features: Tensor): Promise<void> {
    this.#check(features, 'update');
    const values = await features.data();
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      const row = Math.floor(bad / this.features);
      throw new FlowDataError('MahalanobisScore.update', {
        expected: 'finite numbers',
        got: `${values[bad]} in row ${row}`,
        rows: [row],
      });
    }
    this.#moments.add(values);
    this.#whitening = null;
  }

  /**
   * `d²` of each vector; no number where a feature is none.
   *
   * @param features `[...batch, features]`
   * @returns `[...batch]`
   * @throws FlowShapeError for vectors of another length.
   * @throws FlowDataError when fewer than two vectors have been seen, or they all lie in a plane and there is no ridge.
   */
  score(features: Tensor): Tensor {
    const batchShape = this.#check(features, 'score');
    this.#whitening ??= this.#factor();
    const factor = this.#whitening;
    return tf.tidy(() => {
      const rows = tf.reshape(features, [sizeOf(batchShape), this.features]);
      const centred = tf.sub(rows, tf.tensor1d(this.mean, 'float32'));
      const white = tf.matMul(centred as tf.Tensor2D, tf.tensor2d(factor, undefined, 'float32'), false, true);
      return tf.reshape(tf.sum(tf.square(white), 1), batchShape);
    });
  }

  #factor(): number[][] {
    const where = 'MahalanobisScore.score';
    if (this.count < 2) {
      throw new FlowDataError(where, {
        expected: 'at least two vectors to compare with',
        got: `${this.count}`,
        hint: 'Call `update` with features of training data first.',
      });
    }
    const covariance = this.covariance;
    const trace = covariance.reduce((sum, row, i) => sum + row[i], 0);
    const factor = cholesky(covariance.map((row, i) => row.with(i, row[i] + (this.ridge * trace) / this.features)));
    if (factor) return invertLower(factor);
    throw new FlowDataError(where, {
      expected: 'vectors that vary in all directions',
      got: 'a singular covariance',
      hint: 'Set a ridge, or see more vectors.',
    });
  }

  #check(features: Tensor, method: string): number[] {
    return batchShapeOf(features, [this.features], `MahalanobisScore.${method}`, 'features');
  }
}
