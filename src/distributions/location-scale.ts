import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config } from '../module.js';
import type { RandomStream } from '../random.js';
import { sizeOf, type Shape } from '../shapes.js';
import { eventShapeOf, perCoordinate, type PerCoordinate } from './check.js';
import { Distribution } from './distribution.js';

/** Options of a family of independent coordinates that are shifted and scaled. */
export interface LocationScaleOptions {
  /** Shape of one event. Default: one axis as long as the first option that is a list. */
  readonly eventShape?: Shape;
  /** Centre of each coordinate. Default: 0. */
  readonly loc?: PerCoordinate;
  /** Positive scale of each coordinate. Default: 1. */
  readonly scale?: PerCoordinate;
  /** Whether centre and log scale are trained. Default: false. */
  readonly learnable?: boolean;
}

/**
 * Independent coordinates `x = loc + scale · u`, each `u` from the standard member of a family:
 * `log p(x) = Σ log p_standard((x - loc) / scale) - Σ log scale`.
 *
 * Draws are reparameterised; a temperature `T` makes them `loc + T · scale · u`. The trained parameters are `loc` and
 * `logScale`, each of the event shape. A fixed standard member holds no tensors and shifts nothing.
 */
export abstract class LocationScale extends Distribution {
  override readonly eventShape: Shape;
  override readonly reparameterised: boolean = true;
  override readonly supportsTemperature = true;
  readonly #loc: Tensor | null;
  readonly #logScale: Tensor | null;
  readonly #config: Config;

  /** @param more Further options that may be lists with one number a coordinate. */
  constructor(options: LocationScaleOptions, more: Record<string, PerCoordinate | undefined> = {}) {
    super();
    const { loc = 0, scale = 1, learnable = false } = options;
    const shape = eventShapeOf(this.className, options.eventShape, { loc, scale, ...more });
    const locs = perCoordinate(`${this.className}.loc`, loc, shape);
    const scales = perCoordinate(`${this.className}.scale`, scale, shape, 'positive');
    const unless = (neutral: number, numbers: readonly number[], make: () => Tensor) =>
      learnable || numbers.some((number) => number !== neutral) ? make() : null;
    this.eventShape = shape;
    this.#loc = unless(0, locs, () => this.parameter('loc', shape, locs, learnable));
    this.#logScale = unless(1, scales, () => this.parameter('logScale', shape, scales.map(Math.log), learnable));
    this.#config = { eventShape: shape, loc, scale, learnable };
  }

  /** Log density of the standard member, `[batch, ...eventShape]` → `[batch]`. */
  protected abstract standardLogProb(u: Tensor): Tensor;

  /** `n` draws from the standard member, coordinates of one event next to each other. */
  protected abstract standardDraws(n: number, stream: RandomStream): Float32Array;

  protected override density(x: Tensor): Tensor {
    const centred = this.#loc ? tf.sub(x, this.#loc) : x;
    if (!this.#logScale) return this.standardLogProb(centred);
    const u = tf.mul(centred, tf.exp(tf.neg(this.#logScale)));
    return tf.sub(this.standardLogProb(u), tf.sum(this.#logScale));
  }

  protected override draw(n: number, stream: RandomStream, _context: Tensor | null, temperature: number): Tensor {
    const u = tf.tensor(this.standardDraws(n, stream), [n, ...this.eventShape], 'float32');
    const tempered = temperature === 1 ? u : tf.mul(u, temperature);
    const scaled = this.#logScale ? tf.mul(tempered, tf.exp(this.#logScale)) : tempered;
    return this.#loc ? tf.add(scaled, this.#loc) : scaled;
  }

  /** Number of coordinates of one event. */
  protected get dims(): number {
    return sizeOf(this.eventShape);
  }

  override getConfig(): Config {
    return this.#config;
  }
}
