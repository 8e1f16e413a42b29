import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import type { Interval } from '../interval.js';
import { stopGradient } from '../kernels/stop-gradient/op.js';
import { Module } from '../module.js';
import { RandomStream, type Seed } from '../random.js';
import { alignContext, batchShapeOf, flattenBatch, restoreBatch, sizeOf, type Shape } from '../shapes.js';
import type { UnitVectors } from '../unit-vectors.js';

/** Options of a density evaluation. */
export interface LogProbOptions {
  /** Conditioning input: `[...contextShape]` for every row alike, or `[...batch, ...contextShape]`. */
  readonly context?: Tensor | null;
}

/** Options of a draw. */
export interface SampleOptions {
  /** Seed or stream to draw from. Equal seeds give equal draws on the same backend. */
  readonly seed: Seed;
  /** Conditioning input: `[...contextShape]` for every draw alike, or `[n, ...contextShape]`, one a draw. */
  readonly context?: Tensor | null;
  /**
   * Spread of the draws around their centre relative to the one trained, `z ~ N(0, T²)` for a standard normal base.
   * Default: 1, the only value that a distribution without {@link Distribution.supportsTemperature} takes.
   */
  readonly temperature?: number;
}

/**
 * A normalised density that can be evaluated and drawn from.
 *
 * A subclass writes {@link Distribution.density} and {@link Distribution.draw} on a flat batch; shapes, contexts,
 * seeds and memory are looked after here.
 */
export abstract class Distribution extends Module {
  /** Instances on which the contract suite tests the class. */
  static readonly samples: readonly (() => Distribution)[] = [];

  /** Shape of one event. */
  abstract readonly eventShape: Shape;
  /** Shape of one context, or null for a distribution that takes none. */
  readonly contextShape: Shape | null = null;
  /** Interval that every coordinate lies in; the density is zero outside. */
  readonly support: Interval = [-Infinity, Infinity];
  /** Coordinates that are a unit vector, or null; the density is then one with respect to the area of the sphere. */
  readonly unitVectors: UnitVectors | null = null;
  /**
   * Whether gradients flow from draws to all trainable parameters (reparameterised sampling); trivially so where
   * nothing is trained.
   */
  readonly reparameterised: boolean = false;
  /** Whether draws can be scaled about their centre by a temperature. */
  readonly supportsTemperature: boolean = false;
  /** Whether `logProb` can be evaluated; false for models that only draw. */
  readonly hasDensity: boolean = true;
  /** Whether events are whole numbers, and `logProb` the log of a probability: values may then repeat or never vary. */
  readonly discrete: boolean = false;

  /** `log p(x)` in nats, `[batch]`, of `x` with shape `[batch, ...eventShape]`. */
  protected abstract density(x: Tensor, context: Tensor | null): Tensor;

  /** `n` events, `[n, ...eventShape]`, differentiable in the parameters where {@link reparameterised}. */
  protected abstract draw(n: number, stream: RandomStream, context: Tensor | null, temperature: number): Tensor;

  /**
   * `log p(x)` in nats.
   *
   * @param x `[...batch, ...eventShape]`
   * @returns `[...batch]`
   * @throws FlowShapeError when `x` or the context has another shape.
   */
  logProb(x: Tensor, { context = null }: LogProbOptions = {}): Tensor {
    return tf.tidy(() => {
      const where = `${this.className}.logProb`;
      const batchShape = batchShapeOf(x, this.eventShape, where, 'x');
      const aligned = alignContext(context, this.contextShape, batchShape, where);
      if (sizeOf(batchShape) === 0) return tf.zeros(batchShape);
      return restoreBatch(this.density(flattenBatch(x, batchShape, this.eventShape), aligned), batchShape, []);
    });
  }

  /**
   * `n` independent draws as constants: no gradient flows through them.
   *
   * @returns `[n, ...eventShape]`
   * @throws FlowConfigError when `n` is not a count, no seed is given, or the temperature is not supported.
   * @throws FlowShapeError when a context is missing, not wanted, or of another shape.
   */
  sample(n: number, options: SampleOptions): Tensor {
    return tf.tidy(() => stopGradient(this.drawChecked('sample', n, options)));
  }

  /**
   * `n` independent draws through which gradients reach the parameters.
   *
   * @throws FlowConfigError when the distribution has no reparameterised sampler.
   */
  rsample(n: number, options: SampleOptions): Tensor {
    if (!this.reparameterised) {
      throw new FlowConfigError(`${this.className}.rsample`, {
        expected: 'a reparameterised distribution',
        got: `${this.className}, whose draws are not differentiable`,
        hint: 'Use `sample`, with a score-function gradient if one is needed.',
      });
    }
    return tf.tidy(() => this.drawChecked('rsample', n, options));
  }

  /**
   * Draws and their `log p`, at less cost than one after the other where that is possible.
   *
   * @returns `[n, ...eventShape]` and `[n]`; with a temperature, the density is that of temperature 1.
   */
  sampleAndLogProb(n: number, options: SampleOptions): [Tensor, Tensor] {
    return tf.tidy(() => {
      const x = this.sample(n, options);
      return [x, this.logProb(x, { context: options.context ?? null })];
    });
  }

  /** Numbers of this distribution: a trained variable, or a constant that follows from the options. */
  protected parameter(name: string, shape: Shape, values: readonly number[], learnable: boolean): Tensor {
    if (learnable) return this.weight(name, shape, [...values]);
    return this.constant(name, tf.tensor([...values], [...shape], 'float32'));
  }

  /** Argument checks shared by all sampling methods, then {@link draw}. */
  protected drawChecked(method: string, n: number, options: SampleOptions): Tensor {
    const { stream, context, temperature } = this.checkSampling(method, n, options);
    if (n === 0) return tf.zeros([0, ...this.eventShape]);
    return this.draw(n, stream, context, temperature);
  }

  /** Checks the arguments of a sampling method, and brings them into the form in which {@link draw} takes them. */
  protected checkSampling(
    method: string,
    n: number,
    { seed, context = null, temperature = 1 }: SampleOptions = {} as SampleOptions,
  ): {
    /** What to draw from. */
    stream: RandomStream;
    /** One context a draw, `[n, ...contextShape]`, or null. */
    context: Tensor | null;
    /** 1 where the caller says nothing. */
    temperature: number;
  } {
    const where = `${this.className}.${method}`;
    if (!Number.isInteger(n) || n < 0) {
      throw new FlowConfigError(where, { expected: 'n: a whole number of draws', got: String(n) });
    }
    if (seed === undefined || seed === null) {
      throw new FlowConfigError(where, {
        expected: '`seed`: a string, a number or a RandomStream',
        got: 'none',
        hint: 'Randomness is always explicit here.',
      });
    }
    if (!(temperature > 0 && temperature < Infinity)) {
      throw new FlowConfigError(where, { expected: 'temperature: a positive number', got: String(temperature) });
    }
    if (temperature !== 1 && !this.supportsTemperature) {
      throw new FlowConfigError(where, {
        expected: 'temperature 1',
        got: String(temperature),
        hint: `Draws of ${this.className} have no scale about a centre; leave \`temperature\` out.`,
      });
    }
    return {
      stream: RandomStream.from(seed),
      context: alignContext(context, this.contextShape, [n], where),
      temperature,
    };
  }
}
