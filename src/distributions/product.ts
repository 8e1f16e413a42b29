import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Interval } from '../interval.js';
import type { Config } from '../module.js';
import type { RandomStream } from '../random.js';
import { commonContextShape, sizeOf, type Shape } from '../shapes.js';
import { checkNotEmpty } from './check.js';
import { ConditionalNormal } from './conditional-normal.js';
import { Distribution } from './distribution.js';
import { Normal } from './normal.js';
import { hullOf } from './support.js';
import { Uniform } from './uniform.js';
import { VonMises } from './von-mises.js';

/**
 * Independent distributions of consecutive coordinates of one vector: `log p(x) = Σᵢ log pᵢ(xᵢ)`.
 *
 * Events of a factor that are not vectors are laid out in row-major order. A context goes to the factors that take one.
 *
 * @example
 * // Two lengths and an angle.
 * const base = new Product({ factors: [Normal.standard([2]), new VonMises({ eventShape: [1] })] });
 */
export class Product extends Distribution {
  static override readonly className = 'Product';
  static override readonly samples: readonly (() => Distribution)[] = [
    () =>
      new Product({
        factors: [new Normal({ loc: [0.5], scale: 2, learnable: true }), new Normal({ loc: [-1], learnable: true })],
      }),
    () =>
      new Product({ factors: [new Uniform({ eventShape: [1], low: 0, high: Math.PI }), new VonMises({ loc: [1] })] }),
    () =>
      new Product({
        factors: [
          Normal.standard([2, 1]),
          new ConditionalNormal({ eventShape: [1], contextShape: [2] }),
          new VonMises({ loc: [1], learnable: true }),
        ],
      }),
  ];

  override readonly eventShape: Shape;
  override readonly contextShape: Shape | null;
  override readonly support: Interval;
  override readonly reparameterised: boolean;
  override readonly supportsTemperature: boolean;
  /** In the order of their coordinates. */
  readonly factors: readonly Distribution[];

  /**
   * @throws FlowConfigError for an empty list.
   * @throws FlowShapeError when two factors want different contexts.
   */
  constructor({ factors }: { factors: readonly Distribution[] }) {
    super();
    checkNotEmpty('Product.factors', factors);
    this.eventShape = [factors.reduce((sum, factor) => sum + sizeOf(factor.eventShape), 0)];
    this.contextShape = commonContextShape('Product', factors);
    this.support = hullOf(factors);
    this.reparameterised = factors.every((factor) => factor.reparameterised);
    this.supportsTemperature = factors.every((factor) => factor.supportsTemperature);
    this.factors = factors.map((factor, i) => this.child(`${i}`, factor));
  }

  protected override density(x: Tensor, context: Tensor | null): Tensor {
    const [batch] = x.shape;
    let begin = 0;
    const each = this.factors.map((factor) => {
      const size = sizeOf(factor.eventShape);
      const own = tf.reshape(tf.slice(x, [0, begin], [batch, size]), [batch, ...factor.eventShape]);
      begin += size;
      return factor.logProb(own, { context: factor.contextShape && context });
    });
    return tf.addN(each);
  }

  protected override draw(n: number, stream: RandomStream, context: Tensor | null, temperature: number): Tensor {
    const each = this.factors.map((factor) => {
      const options = { seed: stream, context: factor.contextShape && context, temperature };
      const own = this.reparameterised ? factor.rsample(n, options) : factor.sample(n, options);
      return tf.reshape(own, [n, sizeOf(factor.eventShape)]);
    });
    return tf.concat(each, 1);
  }

  override getConfig(): Config {
    return { factors: this.factors };
  }
}
