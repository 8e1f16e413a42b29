import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import type { Config } from '../module.js';
import type { Shape } from '../shapes.js';
import { checkConstants } from './checks.js';
import { Energy } from './energy.js';
import { addRest, planeOf, type PlanePotentialOptions } from './mueller-brown.js';

/** Options of {@link ModifiedWolfeQuapp}; `scale` is 2 by default. */
export interface ModifiedWolfeQuappOptions extends PlanePotentialOptions {
  /** Angle by which the potential is turned, in radians. Default: -0.15 π. */
  readonly theta?: number;
}

/**
 * The Wolfe-Quapp potential with a higher barrier, turned so that no coordinate alone separates its states (Invernizzi and
 * Parrinello, 2019): with `(X, Y)` the point turned by `θ`,
 * `u = s (X⁴ + Y⁴ - 2 X² - 4 Y² + 2 X Y + 0.8 X + 0.1 Y + 9.28) + ½ k |rest|²`.
 */
export class ModifiedWolfeQuapp extends Energy {
  static override readonly className = 'ModifiedWolfeQuapp';
  static override readonly samples = [
    () => new ModifiedWolfeQuapp({}),
    () => new ModifiedWolfeQuapp({ dims: 4, theta: 0.3, scale: 0.5, harmonic: 1 }),
  ];

  override readonly eventShape: Shape;
  readonly #config: Required<ModifiedWolfeQuappOptions>;

  /** @throws FlowConfigError for fewer than two dimensions, or a scale or spring that is not positive. */
  constructor(options: ModifiedWolfeQuappOptions = {}) {
    super();
    const { dims = 2, scale = 2, harmonic = 15, theta = -0.15 * Math.PI } = options;
    checkInteger('ModifiedWolfeQuapp.dims', dims, 2);
    checkConstants('ModifiedWolfeQuapp', { scale, harmonic }, 'positive');
    checkConstants('ModifiedWolfeQuapp', { theta });
    this.eventShape = [dims];
    this.#config = { dims, scale, harmonic, theta };
  }

  protected override evaluate(at: Tensor): Tensor {
    const { theta, scale, harmonic } = this.#config;
    const [x, y] = planeOf(at);
    const turned = (toX: number, toY: number) => tf.add(tf.mul(toX, x), tf.mul(toY, y));
    const [a, b] = [turned(Math.cos(theta), -Math.sin(theta)), turned(Math.sin(theta), Math.cos(theta))];
    const quartic = (v: Tensor, second: number, first: number) =>
      tf.mul(v, tf.add(first, tf.mul(v, tf.add(second, tf.square(v)))));
    const potential = tf.addN([quartic(a, -2, 0.8), quartic(b, -4, 0.1), tf.mul(2, tf.mul(a, b))]);
    return addRest(at, tf.mul(scale, tf.add(potential, 9.28)), harmonic);
  }

  override getConfig(): Config {
    return { ...this.#config };
  }
}
