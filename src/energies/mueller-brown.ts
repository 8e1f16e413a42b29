import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import { clamp } from '../kernels/clamp/op.js';
import type { Config } from '../module.js';
import { withSlope } from '../numerics/with-slope.js';
import type { Shape } from '../shapes.js';
import { checkConstants } from './checks.js';
import { Energy } from './energy.js';

/** Options of the potentials of two coordinates, {@link MuellerBrown} and {@link ModifiedWolfeQuapp}. */
export interface PlanePotentialOptions {
  /** Coordinates; all but the first two are harmonic. Default: 2. */
  readonly dims?: number;
  /** kT per unit of the potential. Default: 1. */
  readonly scale?: number;
  /** Spring constant of further coordinates, `½ k |rest|²`, in kT per unit². Default: 15. */
  readonly harmonic?: number;
}

/** Options of {@link MuellerBrown}. */
export interface MuellerBrownOptions extends PlanePotentialOptions {
  /** Added to the potential before it is scaled; 146.7 lifts its lowest minimum to about zero. Default: 0. */
  readonly offset?: number;
}

/** `A exp(a (x-X)² + b (x-X)(y-Y) + c (y-Y)²)`, one term a row: A, a, b, c, X, Y. */
const TERMS = [
  [-200, -1, 0, -10, 1, 0],
  [-100, -1, 0, -10, 0, 0.5],
  [-170, -6.5, 11, -6.5, -0.5, 1.5],
  [15, 0.7, 0.6, 0.7, -1, 1],
] as const;

/** Exponents above this one go on by the tangent of the exponential: values stay finite in float32. */
const STEEPEST = 60;

/**
 * The potential of Müller and Brown (1979), `u = s (V(x, y) + V₀) + ½ k |rest|²`, with `V` a sum of four exponentials of
 * quadratic forms. Its minima are -146.70 at (-0.558, 1.442), -108.17 at (0.623, 0.028) and -80.77 at (-0.050, 0.467).
 */
export class MuellerBrown extends Energy {
  static override readonly className = 'MuellerBrown';
  static override readonly samples = [
    () => new MuellerBrown({ scale: 0.15, offset: 146.7 }),
    () => new MuellerBrown({ dims: 3, scale: 0.05, harmonic: 7.5 }),
  ];

  override readonly eventShape: Shape;
  readonly #config: Required<MuellerBrownOptions>;

  /** @throws FlowConfigError for fewer than two dimensions, or a scale or spring that is not positive. */
  constructor({ dims = 2, scale = 1, harmonic = 15, offset = 0 }: MuellerBrownOptions = {}) {
    super();
    checkInteger('MuellerBrown.dims', dims, 2);
    checkConstants('MuellerBrown', { scale, harmonic }, 'positive');
    checkConstants('MuellerBrown', { offset });
    this.eventShape = [dims];
    this.#config = { dims, scale, harmonic, offset };
  }

  protected override evaluate(at: Tensor): Tensor {
    const { scale, offset } = this.#config;
    const [x, y] = planeOf(at);
    const terms = TERMS.map(([factor, a, b, c, atX, atY]) => {
      const [dx, dy] = [tf.sub(x, atX), tf.sub(y, atY)];
      const form = tf.add(tf.mul(dx, tf.add(tf.mul(a, dx), tf.mul(b, dy))), tf.mul(c, tf.square(dy)));
      return tf.mul(factor, tameExp(form));
    });
    return addRest(at, tf.mul(scale, tf.add(tf.addN(terms), offset)), this.#config.harmonic);
  }

  override getConfig(): Config {
    return { ...this.#config };
  }
}

/** The first two coordinates, `[rows]` each. */
export function planeOf(at: Tensor): [x: Tensor, y: Tensor] {
  const column = (i: number) => tf.squeeze(tf.slice(at, [0, i], [-1, 1]), [1]);
  return [column(0), column(1)];
}

/** `u + ½ k |rest|²`, where the rest is all coordinates but two. */
export function addRest(at: Tensor, u: Tensor, harmonic: number): Tensor {
  const rest = at.shape[1]! - 2;
  if (rest === 0) return u;
  return tf.add(u, tf.mul(harmonic / 2, tf.sum(tf.square(tf.slice(at, [0, 2], [-1, rest])), 1)));
}

/** `exp`, and above {@link STEEPEST} its tangent. */
function tameExp(x: Tensor): Tensor {
  return withSlope(
    x,
    (v) => tf.mul(tf.exp(tf.minimum(v, STEEPEST)), tf.add(1, tf.relu(tf.sub(v, STEEPEST)))),
    (v) => tf.exp(clamp(v, -3e38, STEEPEST)),
  );
}
