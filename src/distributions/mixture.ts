import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError, FlowShapeError } from '../errors.js';
import type { Interval } from '../interval.js';
import { logSoftmax, logSumExp } from '../kernels/log-sum-exp/op.js';
import type { Config } from '../module.js';
import type { RandomStream } from '../random.js';
import { commonContextShape, formatShape, sameShape, type Shape } from '../shapes.js';
import { checkNotEmpty, perCoordinate } from './check.js';
import { ConditionalNormal } from './conditional-normal.js';
import { Distribution } from './distribution.js';
import { MultivariateNormal } from './multivariate-normal.js';
import { Normal } from './normal.js';
import { formatUnitVectors, sameUnitVectors, type UnitVectors } from '../unit-vectors.js';
import { hullOf } from './support.js';
import { Uniform } from './uniform.js';

/** Options of {@link Mixture}. */
export interface MixtureOptions {
  /** Distributions over events of one shape. */
  readonly components: readonly Distribution[];
  /** Positive weights, one a component; they need not sum to 1. Default: equal weights. */
  readonly weights?: readonly number[];
  /** Logarithms of the weights, up to a common constant, in their place. */
  readonly logits?: readonly number[];
  /** Whether the weights are trained, as `logits`; components decide for themselves. Default: false. */
  readonly learnable?: boolean;
}

/**
 * A weighted sum of densities: `log p(x) = log Σₖ wₖ pₖ(x)`, with weights `w = softmax(logits)`.
 *
 * A draw picks a component by weight, then an event from it, so gradients cannot flow through draws.
 */
export class Mixture extends Distribution {
  static override readonly className = 'Mixture';
  static override readonly samples: readonly (() => Distribution)[] = [
    () =>
      new Mixture({
        components: [
          new Normal({ loc: [-2], scale: 0.5, learnable: true }),
          new Normal({ loc: [1], scale: 1, learnable: true }),
        ],
        weights: [1, 3],
        learnable: true,
      }),
    () => new Mixture({ components: [Normal.standard([1]), new Uniform({ low: [1], high: [4] })] }),
    () =>
      new Mixture({
        components: [
          new MultivariateNormal({
            loc: [1, 2],
            scaleTril: [
              [0.5, 0],
              [0.4, 0.3],
            ],
            learnable: true,
          }),
          new ConditionalNormal({ eventShape: [2], contextShape: [3] }),
        ],
        logits: [0.5, -0.5],
      }),
  ];

  override readonly eventShape: Shape;
  override readonly contextShape: Shape | null;
  override readonly support: Interval;
  override readonly unitVectors: UnitVectors | null;
  override readonly reparameterised: boolean;
  /** In the order of their weights. */
  readonly components: readonly Distribution[];
  readonly #logits: Tensor;
  readonly #config: Config;

  /**
   * @throws FlowConfigError for an empty list, or weights that are not positive or not one a component.
   * @throws FlowConfigError when some components are on spheres and others are not.
   * @throws FlowShapeError when components differ in their event shapes, or want different contexts.
   */
  constructor({ components, weights, logits, learnable = false }: MixtureOptions) {
    super();
    checkNotEmpty('Mixture.components', components);
    const [first] = components;
    for (const [i, { eventShape, unitVectors }] of components.entries()) {
      if (!sameShape(eventShape, first.eventShape)) {
        throw new FlowShapeError('Mixture', {
          expected: `events of shape ${formatShape(first.eventShape)} from component ${i}, as the first has`,
          got: formatShape(eventShape),
        });
      }
      if (!sameUnitVectors(unitVectors, first.unitVectors)) {
        throw new FlowConfigError('Mixture', {
          expected: `${formatUnitVectors(first.unitVectors)} in component ${i}, as in the first`,
          got: formatUnitVectors(unitVectors),
        });
      }
    }
    if (weights && logits) {
      throw new FlowConfigError('Mixture', { expected: '`weights` or `logits`', got: 'both' });
    }
    const count = [components.length];
    const numbers = logits
      ? perCoordinate('Mixture.logits', logits, count)
      : perCoordinate('Mixture.weights', weights ?? 1, count, 'positive').map(Math.log);
    this.eventShape = first.eventShape;
    this.contextShape = commonContextShape('Mixture', components);
    this.support = hullOf(components);
    this.unitVectors = first.unitVectors;
    this.components = components.map((component, k) => this.child(`${k}`, component));
    this.#logits = this.parameter('logits', count, numbers, learnable);
    this.reparameterised = this.parameterCount === 0;
    this.#config = { components: this.components, weights, logits, learnable };
  }

  protected override density(x: Tensor, context: Tensor | null): Tensor {
    const each = this.components.map((component) =>
      component.logProb(x, { context: component.contextShape && context }),
    );
    return tf.squeeze(logSumExp(tf.add(tf.stack(each, 1), logSoftmax(this.#logits))), [1]);
  }

  protected override draw(n: number, stream: RandomStream, context: Tensor | null): Tensor {
    const rows = this.assignRows(n, stream);
    const drawn = this.components.flatMap((component, k) => {
      if (rows[k].length === 0) return [];
      const own = component.contextShape && context && tf.gather(context, tf.tensor1d(rows[k], 'int32'));
      return [component.sample(rows[k].length, { seed: stream, context: own })];
    });
    const places = new Int32Array(n);
    rows.flat().forEach((row, i) => (places[row] = i));
    return tf.gather(tf.concat(drawn), tf.tensor1d(places, 'int32'));
  }

  /** Which rows of a batch each component draws. */
  private assignRows(n: number, stream: RandomStream): number[][] {
    const logits = this.#logits.dataSync();
    const top = Math.max(...logits);
    const weights = Array.from(logits, (logit) => Math.exp(logit - top));
    const total = weights.reduce((sum, weight) => sum + weight);
    const rows = weights.map((): number[] => []);
    for (let row = 0; row < n; row++) {
      let rest = stream.next() * total;
      const chosen = weights.findIndex((weight) => (rest -= weight) < 0);
      rows[chosen < 0 ? weights.indexOf(1) : chosen].push(row);
    }
    return rows;
  }

  override getConfig(): Config {
    return this.#config;
  }
}
