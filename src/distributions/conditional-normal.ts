import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Config } from '../module.js';
import type { RandomStream } from '../random.js';
import { sizeOf, type Shape } from '../shapes.js';
import { checkShape } from './check.js';
import { Distribution } from './distribution.js';
import { standardNormalLogProb } from './standard-normal.js';
import { sumOverEvent } from './sum-over-event.js';

/** Options of {@link ConditionalNormal}. */
export interface ConditionalNormalOptions {
  /** Shape of one event. */
  readonly eventShape: Shape;
  /** Shape of one context. */
  readonly contextShape: Shape;
}

/** Largest |log scale|: scales lie between 4.5e-5 and 22026, far enough from where float32 overflows. */
const LOG_SCALE_BOUND = 10;

/**
 * Independent normal coordinates whose means and scales follow from the context `c` by a trained linear map:
 * `(loc, s) = c · kernel + bias`, `log scale = 10 tanh(s / 10)`, which is `s` but for extreme contexts.
 *
 * The parameters are `kernel`, `[context size, 2 · event size]`, and `bias`; means come first. Both start at zero, that
 * is, at the standard normal distribution whatever the context.
 */
export class ConditionalNormal extends Distribution {
  static override readonly className = 'ConditionalNormal';
  static override readonly samples: readonly (() => Distribution)[] = [
    () => new ConditionalNormal({ eventShape: [1], contextShape: [3] }),
    () => new ConditionalNormal({ eventShape: [2, 2], contextShape: [2, 1] }),
  ];

  override readonly eventShape: Shape;
  override readonly contextShape: Shape;
  override readonly reparameterised = true;
  override readonly supportsTemperature = true;
  readonly #kernel: Variable;
  readonly #bias: Variable;

  /** @throws FlowConfigError for a shape that is missing or not one of positive integers. */
  constructor({ eventShape, contextShape }: ConditionalNormalOptions) {
    super();
    this.eventShape = checkShape('ConditionalNormal.eventShape', eventShape);
    this.contextShape = checkShape('ConditionalNormal.contextShape', contextShape);
    const [inputs, outputs] = [sizeOf(contextShape), 2 * sizeOf(eventShape)];
    this.#kernel = this.weight('kernel', [inputs, outputs], new Float32Array(inputs * outputs));
    this.#bias = this.weight('bias', [outputs], new Float32Array(outputs));
  }

  protected override density(x: Tensor, context: Tensor | null): Tensor {
    const [loc, logScale] = this.locAndLogScale(context!);
    const u = tf.mul(tf.sub(x, loc), tf.exp(tf.neg(logScale)));
    return tf.sub(standardNormalLogProb(u), sumOverEvent(logScale));
  }

  protected override draw(n: number, stream: RandomStream, context: Tensor | null, temperature: number): Tensor {
    const [loc, logScale] = this.locAndLogScale(context!);
    const noise = tf.mul(stream.normalTensor([n, ...this.eventShape]), temperature);
    return tf.add(loc, tf.mul(noise, tf.exp(logScale)));
  }

  /** Two tensors `[batch, ...eventShape]`. */
  private locAndLogScale(context: Tensor): [Tensor, Tensor] {
    const batch = context.shape[0];
    const size = sizeOf(this.eventShape);
    const rows = tf.reshape(context, [batch, sizeOf(this.contextShape)]) as tf.Tensor2D;
    const output = tf.add(tf.matMul(rows, this.#kernel as tf.Variable<tf.Rank.R2>), this.#bias);
    const part = (begin: number) =>
      tf.reshape(tf.slice(output, [0, begin], [batch, size]), [batch, ...this.eventShape]);
    return [part(0), tf.mul(tf.tanh(tf.div(part(size), LOG_SCALE_BOUND)), LOG_SCALE_BOUND)];
  }

  override getConfig(): Config {
    return { eventShape: this.eventShape, contextShape: this.contextShape };
  }
}
