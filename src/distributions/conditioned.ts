import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError, FlowShapeError } from '../errors.js';
import type { Interval } from '../interval.js';
import type { Config, Parameter } from '../module.js';
import type { RandomStream } from '../random.js';
import { batchShapeOf, formatShape, sameShape, type Shape } from '../shapes.js';
import { Distribution, type LogProbOptions, type SampleOptions } from './distribution.js';

/** A context, or several of them, as a tensor or as numbers. */
export type ContextLike = Tensor | number | readonly number[] | readonly (readonly number[])[];

/**
 * A conditional distribution at a given context, as one that takes none: a view that shares all parameters and follows
 * their training. Disposing of it frees its copy of the context alone.
 *
 * With a single context, `[...contextShape]`, all events have it. With a batch, `[n, ...contextShape]`, there are n
 * distributions side by side: `logProb` takes `[..., n, ...eventShape]` and gives `[..., n]`; `sample` takes a multiple of n,
 * and its draws have the contexts in turn.
 *
 * @throws FlowConfigError for a distribution that takes no context.
 * @throws FlowShapeError for contexts of another shape.
 */
export function conditioned(distribution: Distribution, context: ContextLike): Distribution {
  return new ConditionedDistribution(distribution, context);
}

/**
 * A conditional distribution at given contexts, as {@link conditioned} makes it. It owns nothing but a copy of the contexts.
 */
class ConditionedDistribution extends Distribution {
  override readonly eventShape: Shape;
  override readonly support: Interval;
  override readonly reparameterised: boolean;
  override readonly supportsTemperature: boolean;
  override readonly hasDensity: boolean;
  override readonly discrete: boolean;
  readonly #whole: Distribution;
  readonly #context: Tensor;
  /** Number of contexts, or null for a single one that holds for all. */
  readonly #count: number | null;

  constructor(whole: Distribution, context: ContextLike) {
    super();
    const { contextShape } = whole;
    const where = `${whole.className}.condition`;
    if (contextShape === null) {
      throw new FlowConfigError(where, {
        expected: 'a conditional distribution',
        got: `a ${whole.className} that takes no context`,
        hint: 'Build it with `contextShape` or an `embedding`.',
      });
    }
    const given =
      context instanceof tf.Tensor ? tf.clone(context) : tf.tensor(context as number[], undefined, 'float32');
    const single = sameShape(given.shape, contextShape);
    if (!single && !sameShape(given.shape.slice(1), contextShape)) {
      given.dispose();
      throw new FlowShapeError(where, {
        expected: `context of shape ${formatShape(contextShape)}, or [${['n', ...contextShape].join(', ')}] for n of them`,
        got: formatShape(given.shape),
      });
    }
    this.#whole = whole;
    this.#context = this.constant('context', given);
    this.#count = single ? null : given.shape[0];
    this.eventShape = whole.eventShape;
    this.support = whole.support;
    this.reparameterised = whole.reparameterised;
    this.supportsTemperature = whole.supportsTemperature;
    this.hasDensity = whole.hasDensity;
    this.discrete = whole.discrete;
  }

  override get className(): string {
    return this.#whole.className;
  }

  /** Those of the conditional distribution. */
  override get parameters(): Parameter[] {
    return this.#whole.parameters;
  }

  override logProb(x: Tensor, options: LogProbOptions = {}): Tensor {
    const batchShape = batchShapeOf(x, this.eventShape, `${this.className}.logProb`, 'x');
    if (this.#count !== null && batchShape.at(-1) !== this.#count) {
      throw new FlowShapeError(`${this.className}.logProb`, {
        expected: `x of shape [..., ${[this.#count, ...this.eventShape].join(', ')}], one row for each of ${this.#count} contexts`,
        got: formatShape(x.shape),
        hint: 'Condition on a single context to use it for all rows.',
      });
    }
    return super.logProb(x, options);
  }

  override sampleAndLogProb(n: number, options: SampleOptions): [Tensor, Tensor] {
    return tf.tidy(() => {
      const { stream, temperature } = this.checkSampling('sampleAndLogProb', n, options);
      return this.#whole.sampleAndLogProb(n, { seed: stream, temperature, context: this.#rows(n) });
    });
  }

  protected override density(x: Tensor): Tensor {
    return this.#whole.logProb(x, { context: this.#rows(x.shape[0]) });
  }

  protected override draw(n: number, seed: RandomStream, _context: Tensor | null, temperature: number): Tensor {
    const options = { seed, temperature, context: this.#rows(n) };
    return this.reparameterised ? this.#whole.rsample(n, options) : this.#whole.sample(n, options);
  }

  /** It cannot be saved by itself. */
  override getConfig(): Config {
    throw new FlowConfigError(`${this.className}.getConfig`, {
      expected: 'a distribution with parameters of its own',
      got: 'a view of one at a given context',
      hint: 'Save the conditional distribution, and condition it again once loaded.',
    });
  }

  /** The contexts of `rows` rows: the one, or all of them in turn. */
  #rows(rows: number): Tensor {
    const count = this.#count;
    if (count === null || count === rows) return this.#context;
    if (count === 0 || rows % count !== 0) {
      throw new FlowShapeError(`${this.className}.sample`, {
        expected: `a multiple of ${count} draws, as there are ${count} contexts`,
        got: `${rows}`,
      });
    }
    return tf.tile(this.#context, [rows / count, ...this.#context.shape.slice(1).map(() => 1)]);
  }
}
