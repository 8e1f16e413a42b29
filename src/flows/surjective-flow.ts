import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Bijector } from '../bijectors/bijector.js';
import { isList } from '../distributions/check.js';
import type { Distribution, LogProbOptions } from '../distributions/distribution.js';
import { FlowConfigError, FlowShapeError } from '../errors.js';
import type { Interval } from '../interval.js';
import type { Config } from '../module.js';
import { RandomStream } from '../random.js';
import { commonContextShape, formatShape, sameShape, type Shape } from '../shapes.js';
import { Surjection } from './surjections/surjection.js';
import { VariationalModel, type LogWeight } from './variational-model.js';

/** Options of {@link SurjectiveFlow}. */
export interface SurjectiveFlowOptions {
  /** What is drawn first. */
  readonly base: Distribution;
  /** Bijectors and surjections from base to data. */
  readonly layers: readonly (Bijector | Surjection)[];
}

/**
 * A flow whose layers may map many points to one, in either direction:
 *
 * `log p(x) = log p_base(z) + Σ contributions`, layer by layer from data to base,
 *
 * a bijector contributing its log-determinant, and a {@link Surjection} the log-density of what it loses, or less that of what it
 * makes up. Where all layers are exact, `exact` is true and `logProb` is `log p(x)`; else it is a lower bound on it on average over
 * what generative surjections draw, and `samples` of them tighten it.
 *
 * `fit` maximises it, the bound with fresh draws at every step; `importanceWeightedBound` takes more of them.
 *
 * Source: Nielsen et al., "SurVAE flows: surjections to bridge the gap between VAEs and flows", 2020.
 *
 * @example
 * // A density that is the same on both sides of zero.
 * const model = new SurjectiveFlow({
 *   base: Normal.standard([2]),
 *   layers: [...couplings, new Exp({ eventShape: [2] }), new AbsSurjection({ eventShape: [2] })],
 * });
 * await fit(model, rows);
 * model.exact; // true
 */
export class SurjectiveFlow extends VariationalModel {
  static override readonly className = 'SurjectiveFlow';

  override readonly eventShape: Shape;
  override readonly contextShape: Shape | null;
  override readonly support: Interval;
  override readonly exact: boolean;
  /** The distribution that is drawn from first. */
  readonly base: Distribution;
  /** From base to data. */
  readonly layers: readonly (Bijector | Surjection)[];

  /**
   * @throws FlowConfigError for an empty list, or a layer that is neither a bijector nor a surjection.
   * @throws FlowShapeError when the shapes of neighbours do not meet, or two members want different contexts.
   */
  constructor({ base, layers }: SurjectiveFlowOptions) {
    super();
    if (!isList(layers) || layers.length === 0) {
      const got = isList(layers) ? 'an empty list' : String(layers);
      throw new FlowConfigError('SurjectiveFlow.layers', { expected: 'a list of at least one layer', got });
    }
    let shape = base.eventShape;
    let support = base.support;
    let exact = !(base instanceof VariationalModel) || base.exact;
    for (const [i, layer] of layers.entries()) {
      checkLayer(layer, i, shape);
      if (layer instanceof Surjection) exact &&= layer.isExact(support);
      shape = layer.eventShapeOut;
      support = layer.domainOut;
    }
    this.base = this.child('base', base);
    this.layers = layers.map((layer, i) => this.child(`layers.${i}`, layer));
    this.eventShape = shape;
    this.support = support;
    this.exact = exact;
    this.contextShape = commonContextShape('SurjectiveFlow', [base, ...layers.filter(isBijector)]);
  }

  /** The noise of all generative surjections, from base to data, `[rows, n]`; null where there are none. */
  override drawNoise(rows: number, stream: RandomStream): Tensor | null {
    const drawing = this.layers.filter(drawsOnInverse);
    if (drawing.length === 0) return null;
    return tf.tidy(() => {
      const parts = drawing.map((layer) => layer.drawNoise(rows, stream));
      return parts.length === 1 ? parts[0] : tf.concat(parts, 1);
    });
  }

  /**
   * Data → base: `z` itself where nothing is drawn on the way, else one draw of it.
   *
   * @param x `[rows, ...eventShape]`
   */
  inverse(x: Tensor, { seed = 0, context = null }: LogProbOptions & { seed?: string | number | RandomStream } = {}) {
    return tf.tidy(() => this.#walk(x, this.drawNoise(x.shape[0], RandomStream.from(seed)), context).z);
  }

  /** Sets data-dependent parameters (activation normalisation and the like) from one batch. */
  initialize(data: Tensor, { context = null }: LogProbOptions = {}): void {
    tf.tidy(() => {
      const noise = this.drawNoise(data.shape[0], new RandomStream('initialize'));
      this.#walk(data, noise, context, (layer, x) => {
        if (isBijector(layer)) layer.initialize(x, layer.contextShape && context);
        else layer.initialize(x);
      });
    });
  }

  protected override logWeight(x: Tensor, noise: Tensor | null, context: Tensor | null): LogWeight {
    const { z, total, choice } = this.#walk(x, noise, context);
    const density = this.base.logProb(z, { context: this.base.contextShape && context });
    return { value: total.reduce((sum, term) => tf.add(sum, term), density), choice };
  }

  protected override draw(n: number, stream: RandomStream, context: Tensor | null): Tensor {
    const z = this.base.sample(n, { seed: stream, context: this.base.contextShape && context });
    return this.layers.reduce(
      (value, layer) =>
        isBijector(layer) ? layer.forward(value, layer.contextShape && context) : layer.forward(value, stream),
      z,
    );
  }

  override getConfig(): Config {
    return { base: this.base, layers: this.layers };
  }

  /** From data to base. `visit` sees what arrives at each layer before the layer does. */
  #walk(
    x: Tensor,
    noise: Tensor | null,
    context: Tensor | null,
    visit: (layer: Bijector | Surjection, x: Tensor) => void = () => undefined,
  ): { readonly z: Tensor; readonly total: readonly Tensor[]; readonly choice: Tensor | null } {
    const noises = this.#split(noise);
    let z = x;
    let choice: Tensor | null = null;
    const total: Tensor[] = [];
    for (const layer of this.layers.toReversed()) {
      visit(layer, z);
      if (isBijector(layer)) {
        const [next, logDet] = layer.inverseAndLogDet(z, layer.contextShape && context);
        z = next;
        total.push(logDet);
        continue;
      }
      const step = layer.inverse(z, drawsOnInverse(layer) ? noises.pop()! : null);
      z = step.z;
      total.push(step.contribution);
      if (step.choice) choice = choice ? tf.add(choice, step.choice) : step.choice;
    }
    return { z, total, choice };
  }

  /** The noise of each surjection that draws, from base to data. */
  #split(noise: Tensor | null): Tensor[] {
    if (!noise) return [];
    let start = 0;
    const rows = noise.shape[0];
    return this.layers.filter(drawsOnInverse).map(({ noiseSize }) => {
      const part = tf.slice(noise, [0, start], [rows, noiseSize]);
      start += noiseSize;
      return part;
    });
  }
}

function isBijector(layer: Bijector | Surjection): layer is Bijector {
  return layer instanceof Bijector;
}

function drawsOnInverse(layer: Bijector | Surjection): layer is Surjection {
  return layer instanceof Surjection && layer.direction === 'generative';
}

/** @throws FlowConfigError or FlowShapeError for a layer that cannot follow events of this shape. */
function checkLayer(layer: Bijector | Surjection, i: number, arriving: Shape): void {
  const where = `SurjectiveFlow.layers[${i}]`;
  if (!isBijector(layer) && !((layer as unknown) instanceof Surjection)) {
    throw new FlowConfigError(where, { expected: 'a Bijector or a Surjection', got: String(layer) });
  }
  if (sameShape(layer.eventShapeIn, arriving)) return;
  throw new FlowShapeError(where, {
    expected: `a ${layer.className} that takes events of shape ${formatShape(arriving)}, as ${i === 0 ? 'the base' : 'the layer before it'} gives`,
    got: formatShape(layer.eventShapeIn),
    hint: 'List the layers from base to data.',
  });
}
