import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import type { Bumps } from '../kernels/bumps/op.js';
import { leastSharpness } from '../kernels/bumps/spec.js';
import { checkCount } from './numeric-elementwise.js';
import { bounded, cut, unbounded } from './parameters.js';

/** Options of every mixture of bumps. */
export interface BumpOptions {
  /** Number of bumps. Default: 8. */
  readonly components?: number;
  /** `b` in the ramp `exp(α (1 - z^-b))`, between 0.5 and 2. Default: 1. */
  readonly exponent?: number;
  /** Least width of a bump, as a fraction of the interval or circle. Default: 0.02. */
  readonly minWidth?: number;
  /** Least share of the uniform density. Default: 1e-4. */
  readonly minDensity?: number;
}

/** {@link BumpOptions} with defaults filled in. */
export interface BumpShape {
  readonly components: number;
  readonly exponent: number;
  readonly minWidth: number;
  readonly minDensity: number;
}

/**
 * Where bumps lie in the unit interval: `anywhere` begins them before it and ends them after it, `inside` keeps them whole,
 * and on the `circle` they are whole as well.
 */
export type BumpPlacement = 'anywhere' | 'inside' | 'circle';

/** Sharpness goes this far up from the least. */
const SHARPNESS_RANGE = 10;
/** Height of a bump of the start, times its width. */
const STARTING_PEAK = 3;
/** Width of a bump of the start, in distances to the next. */
const STARTING_OVERLAP = 6;
/** Raw number of the share of the uniform density at the start: a quarter; where bumps cannot reach the ends, nine tenths. */
const STARTING_FLOOR = -1;
const STARTING_FLOOR_INSIDE = 2.2;

/** @throws FlowConfigError for a number that is out of range. */
export function bumpShape(where: string, options: BumpOptions): BumpShape {
  const { components = 8, exponent = 1, minWidth = 0.02, minDensity = 1e-4 } = options;
  checkCount(where, 'components', components);
  if (!(exponent >= 0.5 && exponent <= 2)) {
    throw new FlowConfigError(where, { expected: 'exponent between 0.5 and 2', got: String(exponent) });
  }
  for (const [name, value] of Object.entries({ minWidth, minDensity })) {
    if (!(value > 0 && value < 0.5)) {
      throw new FlowConfigError(where, { expected: `${name} between 0 and 0.5`, got: String(value) });
    }
  }
  return { components, exponent, minWidth, minDensity };
}

/** Raw parameters of `components` bumps and a floor: logits, distances, widths, sharpness, `components` each, and the floor. */
export function bumpParameterCount({ components }: BumpShape): number {
  return 4 * components + 1;
}

/** Raw parameters of equal bumps at equal distances that overlap so far that their sum is almost uniform. */
export function startingBumps(shape: BumpShape, placement: BumpPlacement): number[] {
  const { components, exponent, minWidth } = shape;
  const range = -Math.log(minWidth);
  const logRate = -Math.log(startingWidth(shape));
  const start = placement === 'anywhere' ? unbounded(logRate, range) : logit(Math.max(logRate, 0.1) / range);
  const sharpness = STARTING_PEAK / (exponent * 2 ** exponent) - leastSharpness(exponent);
  const repeated = [0, 0, start, logit(sharpness / SHARPNESS_RANGE)].flatMap((raw) => Array<number>(components).fill(raw)); // prettier-ignore
  return [...repeated, placement === 'inside' ? STARTING_FLOOR_INSIDE : STARTING_FLOOR];
}

/** How far {@link startingBumps} are from the identity, of an interval of length 1. */
export function startingGap({ components }: BumpShape, placement: BumpPlacement): number {
  if (placement === 'inside') return 0.05;
  return components >= 8 ? 0.005 : components >= 4 ? 0.06 : 0.3;
}

/**
 * Bumps of raw parameters, `[n, 4 components + 1]`, with the floor a density of mass 1. Weights are a softmax; centres lie in order, in the middle of the
 * shares of a second one; widths are `e^-s` with `s` bounded, `α = α_min + 10 σ(raw)`, the floor `c_min + (1 - c_min) σ(raw)`.
 */
export function bumpsOf(raw: Tensor, shape: BumpShape, placement: BumpPlacement): Bumps {
  const { components: k, exponent, minWidth, minDensity } = shape;
  const [logits, distances, rawRates, rawSharpness, rawFloor] = cut(raw, [k, k, k, k, 1]);
  const range = -Math.log(minWidth);
  const logRates = placement === 'anywhere' ? bounded(rawRates, range) : tf.mul(tf.sigmoid(rawRates), range);
  const widths = tf.exp(tf.neg(logRates));
  const middles = tf.matMul(tf.softmax(distances), tf.tensor2d(upToMiddle(k), [k, k]));
  const floor = tf.add(tf.mul(tf.sigmoid(rawFloor), 1 - minDensity), minDensity);
  return {
    weights: tf.mul(tf.softmax(logits), tf.sub(1, floor)),
    starts: startsOf(middles, widths, startingWidth(shape) / 2, placement),
    rates: tf.exp(logRates),
    sharpness: tf.add(tf.mul(tf.sigmoid(rawSharpness), SHARPNESS_RANGE), leastSharpness(exponent)),
    floor: tf.reshape(floor, [-1]),
  };
}

function startsOf(middles: Tensor, widths: Tensor, margin: number, placement: BumpPlacement): Tensor {
  if (placement === 'inside') return tf.mul(middles, tf.sub(1, widths));
  // Centres may lie outside of the interval, so far that the sum of the start is as high at its ends as between them.
  const centres = placement === 'circle' ? middles : tf.sub(tf.mul(middles, 1 + 2 * margin), margin);
  return tf.sub(centres, tf.mul(widths, 0.5));
}

function startingWidth({ components, minWidth }: BumpShape): number {
  return Math.max(1.5 * minWidth, Math.min(1, STARTING_OVERLAP / components));
}

/** Matrix that takes shares to their middles, counted from the first: column `k` has ones above `k`, and a half in `k`. */
function upToMiddle(count: number): number[] {
  return Array.from({ length: count * count }, (_, i) => {
    const [row, column] = [Math.floor(i / count), i % count];
    return row < column ? 1 : row === column ? 0.5 : 0;
  });
}

function logit(share: number): number {
  return Math.log(share / (1 - share));
}
