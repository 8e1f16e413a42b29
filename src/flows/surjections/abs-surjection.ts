import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { sizedConditioner, type ConditionerOrBuilder } from '../../bijectors/conditioner-request.js';
import type { Conditioner } from '../../conditioners/conditioner.js';
import { MLP } from '../../conditioners/mlp.js';
import { checkShape } from '../../distributions/check.js';
import type { Interval } from '../../interval.js';
import { withoutGradient } from '../../kernels/stop-gradient/op.js';
import type { Config } from '../../module.js';
import type { RandomStream } from '../../random.js';
import { sizeOf, type Shape } from '../../shapes.js';
import { forbid } from './forbid.js';
import { Surjection, type Collapse, type Expansion, type SurjectionDirection } from './surjection.js';

/** Options of {@link AbsSurjection}. */
export interface AbsSurjectionOptions {
  /** Shape of one event. */
  readonly eventShape: Shape;
  /** Default: `'inference'`, for data that mirror images are alike in. */
  readonly direction?: SurjectionDirection;
  /**
   * Reads the absolute values, flattened, and emits the logit of a positive sign for each: a network, or how to build it. Null:
   * both signs are equally likely. Default: null.
   */
  readonly classifier?: ConditionerOrBuilder | null;
}

/**
 * `|x|`, elementwise, with `D` independent signs `s` as its right inverse:
 *
 * `log p(s | a) = Σ log sigmoid(sᵢ lᵢ(a))`, or `−D log 2` without a classifier `l`; `x = s a`.
 *
 * As an inference surjection, `z = |x|`: what lies below is a model of absolute values, so the layer before it should end in
 * the non-negative numbers (`Softplus`, `Exp`); then it is exact. As a generative one, `x = |z|`: data are non-negative, and
 * the density at negative ones is zero.
 *
 * Source: Nielsen et al., "SurVAE flows", 2020, section 3.3 and appendix.
 */
export class AbsSurjection extends Surjection {
  static override readonly className = 'AbsSurjection';
  static override readonly samples = [
    () =>
      new AbsSurjection({ eventShape: [2], classifier: (request) => new MLP({ ...request, hidden: [4], seed: 1 }) }),
    () => new AbsSurjection({ eventShape: [2], direction: 'generative' }),
  ];

  override readonly wideShape: Shape;
  override readonly narrowShape: Shape;
  override readonly narrowDomain: Interval = [0, Infinity];
  readonly #classifier: Conditioner | null;

  /** @throws FlowConfigError for a bad shape, an unknown direction, or a classifier of other sizes. */
  constructor({ eventShape, direction = 'inference', classifier = null }: AbsSurjectionOptions) {
    super(direction);
    this.wideShape = this.narrowShape = checkShape('AbsSurjection.eventShape', eventShape);
    const dims = sizeOf(eventShape);
    const request = { inputs: dims, outputs: dims, initialOutput: Array<number>(dims).fill(0) };
    this.#classifier =
      classifier && this.child('classifier', sizedConditioner('AbsSurjection', request, classifier, 'MLP'));
  }

  override get noiseSize(): number {
    return sizeOf(this.wideShape);
  }

  override drawNoise(rows: number, stream: RandomStream): Tensor {
    return stream.uniformTensor([rows, this.noiseSize]);
  }

  protected override collapse(wide: Tensor): Collapse {
    const signs = withoutGradient([wide], (x) => signOf(tf.greaterEqual(x, 0)));
    const narrow = tf.mul(wide, signs);
    return { narrow, logProb: this.#logProb(signs, this.#logits(narrow)) };
  }

  protected override expand(narrow: Tensor, noise: Tensor): Expansion {
    const logits = this.#logits(narrow);
    const positive = logits ?? tf.scalar(0);
    const flat = withoutGradient([noise, positive], (u, l) => signOf(tf.less(u, tf.sigmoid(l))));
    const signs = tf.reshape(flat, narrow.shape);
    const logProb = this.#logProb(signs, logits);
    const impossible = withoutGradient([narrow], (x) => forbid(tf.reshape(tf.less(x, 0), [x.shape[0], -1])));
    return { wide: tf.mul(narrow, signs), logProb: tf.add(logProb, impossible), choice: logits && logProb };
  }

  override getConfig(): Config {
    return { eventShape: this.wideShape, direction: this.direction, classifier: this.#classifier };
  }

  /** `[rows, dims]` */
  #logits(narrow: Tensor): Tensor | null {
    return this.#classifier && this.#classifier.apply(tf.reshape(narrow, [narrow.shape[0], -1]));
  }

  #logProb(signs: Tensor, logits: Tensor | null): Tensor {
    if (!logits) return tf.scalar(-Math.LN2 * sizeOf(this.wideShape));
    const against = tf.neg(tf.mul(tf.reshape(signs, logits.shape), logits));
    return tf.neg(tf.sum(tf.softplus(against), 1));
  }
}

function signOf(positive: Tensor): Tensor {
  return tf.sub(tf.mul(tf.cast(positive, 'float32'), 2), 1);
}
