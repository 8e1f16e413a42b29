import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Bijector } from '../bijectors/bijector.js';
import { checkInteger } from '../conditioners/check.js';
import { Distribution } from '../distributions/distribution.js';
import { Energy } from '../energies/energy.js';
import { FlowConfigError, FlowShapeError } from '../errors.js';
import { saveModule } from '../io/save.js';
import type { Config } from '../module.js';
import { RandomStream, type Seed } from '../random.js';
import { checkDensity } from '../samplers/energy-like.js';
import { batchShapeOf, formatShape, sameShape, type Shape } from '../shapes.js';
import { StochasticBlock, type BlockEnergy } from './stochastic-block.js';

/** Options of {@link StochasticFlow}. */
export interface StochasticFlowOptions {
  /** Density that paths start from. */
  readonly base: Distribution;
  /** What draws are weighted for. */
  readonly target: Energy;
  /** Bijectors and blocks, from base to data. */
  readonly layers: readonly (Bijector | StochasticBlock)[];
}

/** Paths through a stochastic flow; all tensors belong to the caller. */
export interface Paths {
  /** Their ends on the side of the base, `[rows, ...]`. */
  readonly z: Tensor;
  /** Their ends on the side of the data, `[rows, ...eventShape]`. */
  readonly x: Tensor;
  /** `Σ ΔS` of the layers in the order from base to data: log-determinants and what blocks add, `[rows]`. */
  readonly entropy: Tensor;
  /** `log w = u₀(z) - u₁(x) + Σ ΔS`, with `u₀ = -log p₀` normalised, `[rows]`. */
  readonly logWeights: Tensor;
}

/**
 * A stochastic normalizing flow: a chain of bijectors and of random steps, that draws and weights of paths are exact for. A
 * bijector contributes its log-determinant, a block `ΔS = log q̃(y' → y) / q(y → y')`; with these weights,
 * `⟨w h(x)⟩ / ⟨w⟩` is the mean of `h` in the target, and `⟨w⟩` its partition function, with no integral over paths.
 *
 * There is no density of `x` alone. Train it with `fit` and the objective `pathDivergence`, which goes through all layers.
 *
 * Source: Wu, Köhler and Noé, "Stochastic normalizing flows", 2020.
 *
 * @example
 * const layers = [coupling(0), new MetropolisBlock({ level: 0.5 }), coupling(1), new MetropolisBlock({ level: 1 })];
 * const model = new StochasticFlow({ base: new Normal({ loc: [0, 0] }), target: new DoubleWell(), layers });
 * await fit(model, samples, { objective: pathDivergence({ likelihood: 0.5, reverse: 0.5 }) });
 * const { x, logWeights } = model.forwardPaths(1000, { seed: 'draws' });
 */
export class StochasticFlow extends Distribution {
  static override readonly className = 'StochasticFlow';

  override readonly eventShape: Shape;
  override readonly hasDensity = false;
  /** The distribution that is drawn from first. */
  readonly base: Distribution;
  /** The energy that draws are weighted for. */
  readonly target: Energy;
  /** From base to data. */
  readonly layers: readonly (Bijector | StochasticBlock)[];

  /**
   * @throws FlowConfigError for a base that is no continuous density, a target that is no `Energy`, layers that are neither
   * bijectors nor blocks, or take contexts.
   * @throws FlowShapeError when the shapes of neighbours do not meet, or a block has an energy of other events.
   */
  constructor({ base, target, layers }: StochasticFlowOptions) {
    super();
    checkDensity('StochasticFlow.base', base);
    if (!(target instanceof Energy)) {
      throw new FlowConfigError('StochasticFlow.target', { expected: 'an Energy', got: typeof target });
    }
    this.eventShape = checkLayers(layers, base, target);
    this.base = this.child('base', base);
    this.target = this.child('target', target);
    this.layers = layers.map((layer, i) => this.child<Bijector | StochasticBlock>(`${i}`, layer));
  }

  /**
   * Paths from draws of the base to the data. Gradients flow through them to the layers.
   *
   * @throws FlowConfigError for a number of paths that is not a positive integer.
   */
  forwardPaths(n: number, { seed }: { readonly seed: Seed }): Paths {
    checkInteger('StochasticFlow.forwardPaths', n);
    const [z, x, entropy, logWeights] = tf.tidy(() => {
      const stream = RandomStream.from(seed);
      const options = { seed: stream.split('base') };
      const z = this.base.reparameterised ? this.base.rsample(n, options) : this.base.sample(n, options);
      let [y, entropy]: [Tensor, Tensor] = [z, tf.zeros([n])];
      this.layers.forEach((layer, i) => {
        const [next, change] = this.#pass(layer, y, 'forwardAndLogDet', stream.split(i));
        [y, entropy] = [next, tf.add(entropy, change)];
      });
      return this.#weighted(tf.clone(z), tf.clone(y), entropy);
    });
    return { z, x, entropy, logWeights };
  }

  /**
   * Paths from data to the base, random like the others. Gradients flow through them to the layers. Do not take the random
   * numbers of forward paths for them.
   *
   * @param x `[rows, ...eventShape]`
   * @throws FlowShapeError when `x` has another shape.
   */
  backwardPaths(x: Tensor, { seed }: { readonly seed: Seed }): Paths {
    const shape = batchShapeOf(x, this.eventShape, 'StochasticFlow.backwardPaths', 'x');
    if (shape.length !== 1) {
      throw new FlowShapeError('StochasticFlow.backwardPaths', {
        expected: `x of shape [rows, ${this.eventShape.join(', ')}]`,
        got: formatShape(x.shape),
      });
    }
    const [z, end, entropy, logWeights] = tf.tidy(() => {
      const stream = RandomStream.from(seed);
      let [y, entropy]: [Tensor, Tensor] = [x, tf.zeros([x.shape[0]])];
      for (let i = this.layers.length - 1; i >= 0; i--) {
        const [next, change] = this.#pass(this.layers[i], y, 'inverseAndLogDet', stream.split(i));
        [y, entropy] = [next, tf.sub(entropy, change)];
      }
      return this.#weighted(tf.clone(y), tf.clone(x), entropy);
    });
    return { z, x: end, entropy, logWeights };
  }

  /**
   * Writes the model to a folder or the browser's storage, as {@link Flow.save} does; `loadStochasticFlow` reads it.
   *
   * @throws FlowFileError when the place cannot be written.
   */
  async save(url: string): Promise<void> {
    await saveModule(this, url);
  }

  override getConfig(): Config {
    return { base: this.base, target: this.target, layers: this.layers };
  }

  protected override density(): Tensor {
    throw new FlowConfigError('StochasticFlow.logProb', {
      expected: 'a model that has a density',
      got: 'one whose paths alone have densities',
      hint: 'Weigh draws by `forwardPaths`, and train with `objective: pathDivergence()`.',
    });
  }

  protected override draw(n: number, stream: RandomStream): Tensor {
    return this.forwardPaths(n, { seed: stream }).x;
  }

  #pass(
    layer: Bijector | StochasticBlock,
    y: Tensor,
    direction: 'forwardAndLogDet' | 'inverseAndLogDet',
    stream: RandomStream,
  ): readonly [Tensor, Tensor] {
    return layer instanceof Bijector ? layer[direction](y) : layer.move(y, this.#energyAt(layer.level), stream);
  }

  #energyAt(level: number): BlockEnergy {
    // What has no weight is not evaluated: it may be infinite.
    const energy = (x: Tensor): Tensor => {
      if (level === 1) return this.target.energy(x);
      const base = tf.neg(this.base.logProb(x));
      return level === 0 ? base : tf.add(tf.mul(1 - level, base), tf.mul(level, this.target.energy(x)));
    };
    const baseForce = tf.grad((x: Tensor) => tf.sum(this.base.logProb(x)));
    const force = (x: Tensor): Tensor => {
      if (level === 1) return this.target.force(x);
      return level === 0 ? baseForce(x) : tf.add(tf.mul(1 - level, baseForce(x)), tf.mul(level, this.target.force(x)));
    };
    return { energy, force };
  }

  #weighted(z: Tensor, x: Tensor, entropy: Tensor): [Tensor, Tensor, Tensor, Tensor] {
    const energies = tf.add(this.base.logProb(z), this.target.energy(x));
    return [z, x, entropy, tf.sub(entropy, energies)];
  }
}

/** @returns the shape of an event on the side of the data */
function checkLayers(layers: readonly (Bijector | StochasticBlock)[], base: Distribution, target: Energy): Shape {
  const where = 'StochasticFlow.layers';
  const mismatch = (expected: string, shape: Shape) => new FlowShapeError(where, { expected, got: formatShape(shape) });
  const name = (i: number) => `layer ${i} (${layers[i].className})`;
  let shape = base.eventShape;
  layers.forEach((layer, i) => {
    if (layer instanceof Bijector && !layer.contextShape) {
      if (!sameShape(layer.eventShapeIn, shape)) {
        throw mismatch(`${name(i)} to take events of shape ${formatShape(shape)}`, layer.eventShapeIn);
      }
      shape = layer.eventShapeOut;
      return;
    }
    if (!(layer instanceof StochasticBlock)) {
      throw new FlowConfigError(`${where}[${i}]`, {
        expected: 'a bijector without contexts, or a stochastic block',
        got: (layer as Bijector | undefined)?.className ?? String(layer),
      });
    }
    const wanted = [...(layer.level < 1 ? [base.eventShape] : []), ...(layer.level > 0 ? [target.eventShape] : [])];
    const other = wanted.find((own) => !sameShape(own, shape));
    if (other) throw mismatch(`an energy at ${name(i)} of events of shape ${formatShape(shape)}`, other);
  });
  if (!sameShape(shape, target.eventShape)) {
    throw mismatch(`events of shape ${formatShape(target.eventShape)} in the end, as the target takes`, shape);
  }
  return shape;
}
