import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { conditioned, type ContextLike } from '../distributions/conditioned.js';
import { Distribution, type LogProbOptions } from '../distributions/distribution.js';
import { FlowConfigError } from '../errors.js';
import { saveModule } from '../io/save.js';
import { stopGradient } from '../kernels/stop-gradient/op.js';
import { RandomStream, type Seed } from '../random.js';
import { alignContext, batchShapeOf, flattenBatch, restoreBatch, sizeOf } from '../shapes.js';
import { trainingStream } from '../training-mode.js';

/** Options of {@link VariationalModel.logProb}. */
export interface BoundOptions extends LogProbOptions {
  /** Draws for each row: the more, the tighter the bound. Default: 1. */
  readonly samples?: number;
  /** Seed of the draws. Default: 0; within a training step, one of its own for each step. */
  readonly seed?: Seed;
}

/** What one draw of the latent variables says about each row. */
export interface LogWeight {
  /** `log w = log p(x, z) − log q(z | x)`, `[rows]`. */
  readonly value: Tensor;
  /**
   * `log q` of the choices between finitely many, `[rows]`, where they depend on trained parameters: no gradient flows
   * through such a choice, and the bound makes up for it. Null where there are none.
   */
  readonly choice: Tensor | null;
}

/**
 * A distribution whose log-density is an expectation over latent variables `z` that a model `q` draws for each row:
 *
 * `log p(x) ≥ ⟨log w⟩`, `w = p(x, z) / q(z | x)`, `z ~ q(z | x)`; with `K` draws `log p(x) ≥ ⟨log (w₁ + … + w_K) / K⟩`,
 *
 * which grows with `K`, to `log p(x)` (Burda, Grosse and Salakhutdinov, "Importance weighted autoencoders", 2016). Bounds are
 * meant on average over the draws; a single value may lie above.
 *
 * Gradients go through the draws. Choices between finitely many, which have none, are given the score-function estimator
 * `L ∇ log q` with, from two draws on, what the bound is without the draw as its control variate (Mnih and Rezende, "Variational
 * inference for Monte Carlo objectives", 2016, section 3, here with the mean of the other weights).
 */
export abstract class VariationalModel extends Distribution {
  /** Whether `logProb` is `log p(x)` itself, rather than a lower bound on average. */
  abstract readonly exact: boolean;

  /** What the latent variables of so many rows are made of, `[rows, ...]`; null where nothing is drawn. */
  abstract drawNoise(rows: number, stream: RandomStream): Tensor | null;

  /**
   * @param x `[rows, ...eventShape]`
   * @param noise as {@link drawNoise} gives it
   */
  /**
   * `log w` of one draw for each row.
   *
   * @returns `[rows]` each
   */
  protected abstract logWeight(x: Tensor, noise: Tensor | null, context: Tensor | null): LogWeight;

  /**
   * `log p(x)` in nats where the model is {@link exact}, else a lower bound on it, on average over the draws. Equal seeds give
   * equal numbers for equal batches.
   *
   * @param x `[...batch, ...eventShape]`
   * @returns `[...batch]`
   * @throws FlowShapeError when `x` or the context has another shape.
   * @throws FlowConfigError for samples that are not a positive whole number.
   */
  override logProb(x: Tensor, { context = null, samples = 1, seed }: BoundOptions = {}): Tensor {
    const where = `${this.className}.logProb`;
    checkSamples(where, samples);
    return tf.tidy(() => {
      const batchShape = batchShapeOf(x, this.eventShape, where, 'x');
      const aligned = alignContext(context, this.contextShape, batchShape, where);
      const rows = sizeOf(batchShape);
      if (rows === 0) return tf.zeros(batchShape);
      const stream = RandomStream.from(seed ?? trainingStream()?.split('latent') ?? 0);
      const noises = Array.from({ length: this.exact ? 1 : samples }, () => this.drawNoise(rows, stream));
      return restoreBatch(this.bound(flattenBatch(x, batchShape, this.eventShape), noises, aligned), batchShape, []);
    });
  }

  /**
   * `log ⟨w⟩` over the noise given, `[rows]`: what {@link logProb} is with noise drawn by itself.
   *
   * @param x `[rows, ...eventShape]`
   * @param noises as {@link drawNoise} gives them
   */
  bound(x: Tensor, noises: readonly (Tensor | null)[], context: Tensor | null = null): Tensor {
    return tf.tidy(() => {
      const weights = noises.map((noise) => this.logWeight(x, noise, context));
      const values = weights.map(({ value }) => value);
      const total = logMeanExp(values);
      return weights.reduce((sum, { choice }, k) => {
        if (!choice) return sum;
        const others = values.filter((_, i) => i !== k);
        const gain = stopGradient(
          others.length > 0 ? tf.sub(finite(total), finite(logMeanExp(others))) : finite(total),
        );
        return tf.add(sum, tf.mul(gain, tf.sub(choice, stopGradient(choice))));
      }, total);
    });
  }

  /** The model at a given context, as a distribution that takes none; see {@link conditioned}. */
  condition(context: ContextLike): Distribution {
    return conditioned(this, context);
  }

  /**
   * Writes the model to a folder (`file://models/demo`, Node) or the browser's storage (`indexeddb://demo`), as `Flow.save` does.
   *
   * @throws FlowFileError when the place cannot be written.
   */
  async save(url: string): Promise<void> {
    await saveModule(this, url);
  }

  protected override density(x: Tensor, context: Tensor | null): Tensor {
    return this.logProb(x, { context });
  }
}

/** @throws FlowConfigError for a number of draws that is not a positive whole number. */
export function checkSamples(where: string, samples: number): void {
  if (Number.isInteger(samples) && samples >= 1) return;
  throw new FlowConfigError(`${where}.samples`, { expected: 'a positive whole number', got: String(samples) });
}

/** Where a density is zero, its logarithm as a large number: zero times it is zero. */
function finite(logs: Tensor): Tensor {
  return tf.maximum(logs, -1e30);
}

/** `log (Σ exp tᵢ / n)`, entry by entry; `-Infinity` where all terms are. */
function logMeanExp(terms: readonly Tensor[]): Tensor {
  if (terms.length === 1) return terms[0];
  const largest = stopGradient(tf.maximum(terms.reduce((a, b) => tf.maximum(a, b)), -3e38)); // prettier-ignore
  const sum = terms.map((term) => tf.exp(tf.sub(term, largest))).reduce((a, b) => tf.add(a, b));
  return tf.add(tf.log(tf.mul(sum, 1 / terms.length)), largest);
}
