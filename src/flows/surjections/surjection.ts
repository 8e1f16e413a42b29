import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../../errors.js';
import { REALS, type Interval } from '../../interval.js';
import { Module } from '../../module.js';
import type { RandomStream } from '../../random.js';
import { batchShapeOf, type Shape } from '../../shapes.js';

/**
 * Which way a {@link Surjection} maps many points to one: `'inference'` from data to base, `'generative'` from base to data.
 */
export type SurjectionDirection = 'inference' | 'generative';

/** One of the many points that a surjection maps to the same, drawn by its right inverse. */
export interface Expansion {
  /** `[rows, ...wideShape]` */
  readonly wide: Tensor;
  /** Its log-density given the point that it is mapped to, `[rows]`; a scalar stands for every row. */
  readonly logProb: Tensor;
  /** The part of `logProb` that is of choices between finitely many and depends on trained parameters, or null. */
  readonly choice: Tensor | null;
}

/** The point that a surjection maps others to, and the log-density of the one it came from given it, `[rows]`. */
export interface Collapse {
  /** `[rows, ...narrowShape]` */
  readonly narrow: Tensor;
  /** `[rows]`; a scalar stands for every row. */
  readonly logProb: Tensor;
}

/** What a layer on the way from data to base gives. */
export interface InverseStep {
  /** The points on the base side, `[rows, ...event]`. */
  readonly z: Tensor;
  /** What `log p(x)` has more than `log p(z)`, `[rows]`; a scalar stands for every row. */
  readonly contribution: Tensor;
  /** `log q` of choices between finitely many, as in {@link Expansion}, or null. */
  readonly choice: Tensor | null;
}

/**
 * A map of many points to one, with a distribution over those many: a stochastic right inverse. It may be laid into a
 * {@link SurjectiveFlow} either way round:
 *
 * | direction | base → data | data → base | `log p(x) − log p(z)` |
 * |---|---|---|---|
 * | `inference` | draw of the right inverse | the map | `+ log p(x given z)`, exactly |
 * | `generative` | the map | draw of the right inverse | `− log q(z given x)`, on average a lower bound |
 *
 * The bound is tight where the right inverse is the posterior. What a map does to volumes is counted in these densities.
 * Rounding, the generative surjection of whole numbers, is what `DequantizedFlow` is for.
 *
 * A subclass writes the map, {@link Surjection.collapse}, and its right inverse, {@link Surjection.expand}, on flat batches.
 *
 * Source: Nielsen et al., "SurVAE flows: surjections to bridge the gap between VAEs and flows", 2020, sections 3 and 4, here
 * with their data on our data side.
 */
export abstract class Surjection extends Module {
  /** Instances on which tests run. */
  static readonly samples: readonly (() => Surjection)[] = [];

  /** Which way it lies in the flow. */
  readonly direction: SurjectionDirection;
  /** Shape of a point that is mapped. */
  abstract readonly wideShape: Shape;
  /** Shape of what it is mapped to. */
  abstract readonly narrowShape: Shape;
  /** Interval that the points lie in which all others are mapped to. */
  readonly narrowDomain: Interval = REALS;

  /** @throws FlowConfigError for an unknown direction. */
  constructor(direction: SurjectionDirection) {
    super();
    if (direction !== 'inference' && direction !== 'generative') {
      const expected = "'inference' or 'generative'";
      throw new FlowConfigError(`${this.className}.direction`, { expected, got: `'${String(direction)}'` });
    }
    this.direction = direction;
  }

  /** `[rows, ...wideShape]` → its image, and how likely it is among all that have this image. */
  protected abstract collapse(wide: Tensor): Collapse;

  /** `[rows, ...narrowShape]`, and noise → one point that has this image. */
  protected abstract expand(narrow: Tensor, noise: Tensor): Expansion;

  /** Numbers that {@link expand} makes one draw of. */
  abstract readonly noiseSize: number;

  /** These numbers, `[rows, noiseSize]`. */
  abstract drawNoise(rows: number, stream: RandomStream): Tensor;

  /** Sets data-dependent parameters from one batch on the data side. Maps without such parameters do nothing. */
  initialize(_x: Tensor): void {}

  /** Event shape on the base side. */
  get eventShapeIn(): Shape {
    return this.direction === 'inference' ? this.narrowShape : this.wideShape;
  }

  /** Event shape on the data side. */
  get eventShapeOut(): Shape {
    return this.direction === 'inference' ? this.wideShape : this.narrowShape;
  }

  /** Where the coordinates of the data side lie. */
  get domainOut(): Interval {
    return this.direction === 'inference' ? REALS : this.narrowDomain;
  }

  /**
   * Whether the contribution is exact: that of an inference surjection is where nothing arrives from the base but images of
   * the map. Otherwise draws are more likely than `logProb` says, and it is a lower bound too.
   *
   * @param support interval that all coordinates lie in of what arrives
   */
  isExact(support: Interval): boolean {
    const [low, high] = this.narrowDomain;
    return this.direction === 'inference' && support[0] >= low && support[1] <= high;
  }

  /**
   * Base → data, with noise where this direction draws.
   *
   * @throws FlowShapeError when `z` has another shape.
   */
  forward(z: Tensor, stream: RandomStream): Tensor {
    batchShapeOf(z, this.eventShapeIn, `${this.className}.forward`, 'z');
    return tf.tidy(() => {
      if (this.direction === 'generative') return tf.clone(this.collapse(z).narrow);
      return this.expand(z, this.drawNoise(z.shape[0], stream)).wide;
    });
  }

  /**
   * Data → base, with what it adds to the log-density.
   *
   * @param x `[rows, ...eventShapeOut]`
   * @param noise as {@link drawNoise} gives it; only a generative surjection needs it
   * @throws FlowShapeError when `x` has another shape.
   */
  inverse(x: Tensor, noise: Tensor | null): InverseStep {
    batchShapeOf(x, this.eventShapeOut, `${this.className}.inverse`, 'x');
    if (this.direction === 'inference') {
      const { narrow, logProb } = this.collapse(x);
      return { z: narrow, contribution: logProb, choice: null };
    }
    const { wide, logProb, choice } = this.expand(x, noise!);
    return { z: wide, contribution: tf.neg(logProb), choice };
  }
}
