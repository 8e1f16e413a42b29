import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkShape } from '../../distributions/check.js';
import { FlowConfigError } from '../../errors.js';
import type { Config } from '../../module.js';
import type { RandomStream } from '../../random.js';
import { formatShape, sizeOf, type Shape } from '../../shapes.js';
import { amortisedNormal } from '../recipes/variational/amortised-normal.js';
import type { Flow } from '../flow.js';
import { drawRemainder, remainderFlow, type RemainderFlow } from './remainder.js';
import { Surjection, type Collapse, type Expansion, type SurjectionDirection } from './surjection.js';

/** Options of {@link SliceSurjection}. */
export interface SliceSurjectionOptions {
  /** Shape of what is sliced, the wider side. */
  readonly eventShape: Shape;
  /** How many of the last axis stay; the first ones do. */
  readonly keep: number;
  /** Distribution of the others given these. */
  readonly dropped: RemainderFlow;
  /** Default: `'inference'`. */
  readonly direction?: SurjectionDirection;
}

/**
 * The first numbers, or channels, of the last axis: `(a, b) → a`, with a conditional distribution of `b` as its right inverse.
 *
 * As an inference surjection, `z = a`, `log p(x) = log p(a) + log p(b given a)`, exactly: the split of multi-scale
 * architectures, with a density for what leaves.
 *
 * As a generative one it is augmentation: the base has more numbers than the data, `x = a`, and inference fills the others in,
 * `b ~ q(b given x)`, at the price of `−log q` in the bound (Huang, Dinh and Courville, "Augmented normalizing flows", 2020; Chen
 * et al., "VFlow", 2020). A flow in more dimensions can do what one in the data's cannot.
 *
 * Source: Nielsen et al., "SurVAE flows", 2020, section 3.3.
 *
 * @example
 * // Two-dimensional data, a flow in four dimensions.
 * const augment = new SliceSurjection({ eventShape: [4], keep: 2, dropped: amortisedNormal, direction: 'generative' });
 * const model = new SurjectiveFlow({ base: Normal.standard([4]), layers: [...couplings, augment] });
 */
export class SliceSurjection extends Surjection {
  static override readonly className = 'SliceSurjection';
  static override readonly samples = [
    () => new SliceSurjection({ eventShape: [3], keep: 1, dropped: (request) => amortisedNormal({ ...request, hidden: [4] }) }), // prettier-ignore
    () => {
      const dropped = (request: { eventShape: Shape; contextShape: Shape }) => amortisedNormal({ ...request, hidden: [4] }); // prettier-ignore
      return new SliceSurjection({ eventShape: [2, 3], keep: 2, dropped, direction: 'generative' });
    },
  ];

  override readonly wideShape: Shape;
  override readonly narrowShape: Shape;
  /** The coordinates that are cut off, given the others. */
  readonly dropped: Flow;
  /** Coordinates that are left. */
  readonly keep: number;

  /**
   * @throws FlowConfigError for a bad shape or direction, a number to keep that keeps nothing or all, or a base of `dropped`
   * that is trained or takes contexts.
   * @throws FlowShapeError for a flow `dropped` of other shapes.
   */
  constructor({ eventShape, keep, dropped, direction = 'inference' }: SliceSurjectionOptions) {
    super(direction);
    checkShape('SliceSurjection.eventShape', eventShape);
    const width = eventShape.at(-1) ?? 0;
    if (!Number.isInteger(keep) || keep < 1 || keep >= width) {
      throw new FlowConfigError('SliceSurjection.keep', {
        expected: `a whole number from 1 to ${width - 1}, for events of shape ${formatShape(eventShape)}`,
        got: String(keep),
      });
    }
    this.wideShape = eventShape;
    this.narrowShape = [...eventShape.slice(0, -1), keep];
    const request = { eventShape: [...eventShape.slice(0, -1), width - keep], contextShape: this.narrowShape };
    this.dropped = this.child('dropped', remainderFlow('SliceSurjection.dropped', request, dropped));
    this.keep = keep;
  }

  override get noiseSize(): number {
    return sizeOf(this.dropped.base.eventShape);
  }

  override initialize(x: Tensor): void {
    if (this.direction === 'generative') return;
    const [kept, rest] = this.#parts(x);
    this.dropped.initialize(rest, { context: this.dropped.contextShape && kept });
  }

  override drawNoise(rows: number, stream: RandomStream): Tensor {
    return tf.reshape(this.dropped.base.sample(rows, { seed: stream }), [rows, -1]);
  }

  protected override collapse(wide: Tensor): Collapse {
    const [kept, rest] = this.#parts(wide);
    return { narrow: kept, logProb: this.dropped.logProb(rest, { context: this.dropped.contextShape && kept }) };
  }

  protected override expand(narrow: Tensor, noise: Tensor): Expansion {
    const shaped = tf.reshape(noise, [narrow.shape[0], ...this.dropped.base.eventShape]);
    const [rest, logProb] = drawRemainder(this.dropped, shaped, narrow);
    return { wide: tf.concat([narrow, rest], -1), logProb, choice: null };
  }

  override getConfig(): Config {
    return { eventShape: this.wideShape, keep: this.keep, dropped: this.dropped, direction: this.direction };
  }

  #parts(wide: Tensor): [kept: Tensor, rest: Tensor] {
    return tf.split(wide, [this.keep, this.wideShape.at(-1)! - this.keep], -1) as [Tensor, Tensor];
  }
}
