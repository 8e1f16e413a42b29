import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Chain } from '../../bijectors/chain.js';
import { sizedConditioner, type ConditionerOrBuilder } from '../../bijectors/conditioner-request.js';
import { Shift } from '../../bijectors/shift.js';
import { Softplus } from '../../bijectors/softplus.js';
import type { Conditioner } from '../../conditioners/conditioner.js';
import { MLP } from '../../conditioners/mlp.js';
import { checkShape } from '../../distributions/check.js';
import { Normal } from '../../distributions/normal.js';
import { FlowConfigError } from '../../errors.js';
import { logSoftmax } from '../../kernels/log-sum-exp/op.js';
import { withoutGradient } from '../../kernels/stop-gradient/op.js';
import type { Config } from '../../module.js';
import type { RandomStream } from '../../random.js';
import { formatShape, sizeOf, type Shape } from '../../shapes.js';
import { Flow } from '../flow.js';
import { largestMask, runningSum } from './order.js';
import { drawRemainder, remainderFlow, type RemainderFlow, type RemainderRequest } from './remainder.js';
import { Surjection, type Collapse, type Expansion, type SurjectionDirection } from './surjection.js';

/** Options of {@link MaxSurjection}. */
export interface MaxSurjectionOptions {
  /** Shape of what the largest number is taken of, along the last axis: `[d]`, or groups of `d`, `[..., d]`. */
  readonly eventShape: Shape;
  /**
   * Distribution of the gaps `z − xⱼ > 0` from the largest number down to the others, in their order, `[..., d − 1]`: a flow of
   * positive numbers, with the largest ones as context or with none, or how to build it.
   */
  readonly gaps: RemainderFlow;
  /** Default: `'inference'`. */
  readonly direction?: SurjectionDirection;
  /**
   * Reads the largest numbers, flattened, and emits a logit for each place where they may stand: a network, or how to build
   * it. Null: all places are equally likely. Default: null.
   */
  readonly classifier?: ConditionerOrBuilder | null;
}

/**
 * The largest of `d` numbers, or of each group of them: `[..., d] → [...]`, `[d] → [1]`. Its right inverse draws the place `k`
 * where it stands, and how far the others lie below: `log p(x given z) = log p(k given z) + log p(z − x₋ₖ given z)`.
 *
 * As an inference surjection `z = max x`, exactly. With groups that are the pixels of a patch it is max pooling. As a
 * generative one `x = max z`, and the bound is tight where place and gaps have the posterior's distribution.
 *
 * Source: Nielsen et al., "SurVAE flows", 2020, section 3.3 and appendix.
 */
export class MaxSurjection extends Surjection {
  static override readonly className = 'MaxSurjection';
  static override readonly samples = [
    () => new MaxSurjection({ eventShape: [3], gaps: softplusGaps, classifier: (request) => new MLP({ ...request, hidden: [4], seed: 1 }) }), // prettier-ignore
    () => new MaxSurjection({ eventShape: [2, 3], gaps: softplusGaps, direction: 'generative' }),
  ];

  override readonly wideShape: Shape;
  override readonly narrowShape: Shape;
  /** How far the others lie below the largest. */
  readonly gaps: Flow;
  readonly #classifier: Conditioner | null;

  /**
   * @throws FlowConfigError for a bad shape or direction, fewer than two numbers, a classifier of other sizes, or gaps that are
   * not positive, or whose base is trained or takes contexts.
   * @throws FlowShapeError for gaps of other shapes.
   */
  constructor({ eventShape, gaps, direction = 'inference', classifier = null }: MaxSurjectionOptions) {
    super(direction);
    checkShape('MaxSurjection.eventShape', eventShape);
    const width = eventShape.at(-1) ?? 0;
    if (width < 2) {
      const expected = 'at least two numbers along the last axis';
      throw new FlowConfigError('MaxSurjection.eventShape', { expected, got: formatShape(eventShape) });
    }
    this.wideShape = eventShape;
    this.narrowShape = eventShape.length === 1 ? [1] : eventShape.slice(0, -1);
    const request = { eventShape: [...eventShape.slice(0, -1), width - 1], contextShape: this.narrowShape };
    this.gaps = this.child('gaps', remainderFlow('MaxSurjection.gaps', request, gaps));
    if (!(this.gaps.support[0] >= 0)) {
      throw new FlowConfigError('MaxSurjection.gaps', {
        expected: 'a flow of positive numbers',
        got: `one of numbers in (${this.gaps.support.join(', ')})`,
        hint: 'Let its last bijector be a Softplus or an Exp.',
      });
    }
    const dims = sizeOf(eventShape);
    const sizes = { inputs: dims / width, outputs: dims, initialOutput: Array<number>(dims).fill(0) };
    this.#classifier =
      classifier && this.child('classifier', sizedConditioner('MaxSurjection', sizes, classifier, 'MLP'));
  }

  override get noiseSize(): number {
    return sizeOf(this.wideShape) + sizeOf(this.gaps.base.eventShape);
  }

  override drawNoise(rows: number, stream: RandomStream): Tensor {
    const places = stream.uniformTensor([rows, sizeOf(this.wideShape)], 2 ** -24, 1);
    return tf.concat([places, tf.reshape(this.gaps.base.sample(rows, { seed: stream }), [rows, -1])], 1);
  }

  protected override collapse(wide: Tensor): Collapse {
    const at = largestMask(wide);
    const largest = tf.sum(tf.mul(at, wide), -1);
    const narrow = tf.reshape(largest, [wide.shape[0], ...this.narrowShape]);
    const gaps = tf.sub(tf.expandDims(largest, -1), without(wide, at));
    const logGaps = this.gaps.logProb(gaps, { context: this.gaps.contextShape && narrow });
    return { narrow, logProb: tf.add(logGaps, this.#placeLogProb(at, this.#logits(narrow))) };
  }

  protected override expand(narrow: Tensor, noise: Tensor): Expansion {
    const rows = narrow.shape[0];
    const dims = sizeOf(this.wideShape);
    const logits = this.#logits(narrow);
    const uniform = tf.reshape(tf.slice(noise, [0, 0], [rows, dims]), [rows, ...this.wideShape]);
    // The largest of logits with Gumbel noise stands at each place as often as the softmax says.
    const at = withoutGradient([uniform, logits ?? tf.scalar(0)], (u, l) =>
      largestMask(tf.sub(l, tf.log(tf.neg(tf.log(u))))),
    );
    const rest = tf.slice(noise, [0, dims], [rows, noise.shape[1]! - dims]);
    const [gaps, logGaps] = drawRemainder(this.gaps, tf.reshape(rest, [rows, ...this.gaps.base.eventShape]), narrow);
    const largest = tf.reshape(narrow, [rows, ...this.wideShape.slice(0, -1), 1]);
    const place = this.#placeLogProb(at, logits);
    const wide = tf.sub(largest, insertZero(gaps, at));
    return { wide, logProb: tf.add(logGaps, place), choice: logits && place };
  }

  override getConfig(): Config {
    const { wideShape: eventShape, gaps, direction } = this;
    return { eventShape, gaps, direction, classifier: this.#classifier };
  }

  #logits(narrow: Tensor): Tensor | null {
    if (!this.#classifier) return null;
    const raw = this.#classifier.apply(tf.reshape(narrow, [narrow.shape[0], -1]));
    return tf.reshape(raw, [narrow.shape[0], ...this.wideShape]);
  }

  #placeLogProb(at: Tensor, logits: Tensor | null): Tensor {
    const width = this.wideShape.at(-1)!;
    if (!logits) return tf.scalar((-Math.log(width) * sizeOf(this.wideShape)) / width);
    return tf.sum(tf.reshape(tf.mul(at, logSoftmax(logits)), [at.shape[0], -1]), 1);
  }
}

/** Independent gaps `softplus u`, `u` standard normal. */
export function softplusGaps({ eventShape }: RemainderRequest): Flow {
  const bijectors = [new Shift({ eventShape }), new Softplus({ eventShape })];
  return new Flow({ base: Normal.standard(eventShape), bijector: new Chain({ bijectors }) });
}

/** The entries along the last axis but the one marked, in their order: `[..., d]` → `[..., d − 1]`. */
function without(x: Tensor, at: Tensor): Tensor {
  const [head, tail] = ends(x);
  const before = beforeMark(at);
  return tf.add(tf.mul(before, head), tf.mul(tf.sub(1, before), tail));
}

/** The opposite: `[..., d − 1]` → `[..., d]` with a zero at the mark. */
function insertZero(x: Tensor, at: Tensor): Tensor {
  const before = beforeMark(at);
  const none = tf.zeros([...x.shape.slice(0, -1), 1]);
  const head = tf.concat([tf.mul(before, x), none], -1);
  const tail = tf.concat([none, tf.mul(tf.sub(1, before), x)], -1);
  return tf.add(head, tail);
}

/** One where the place stands before the mark, of the first `d − 1` places. */
function beforeMark(at: Tensor): Tensor {
  return withoutGradient([at], (mask) => ends(tf.sub(1, runningSum(mask)))[0]);
}

/** All entries along the last axis but the last, and but the first. */
function ends(x: Tensor): [Tensor, Tensor] {
  const shape = [...x.shape.slice(0, -1), x.shape.at(-1)! - 1];
  const start = x.shape.map(() => 0);
  return [tf.slice(x, start, shape), tf.slice(x, start.with(-1, 1), shape)];
}
