import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Interval } from '../interval.js';
import type { Config } from '../module.js';
import { logBesselI0e } from '../numerics/log-bessel-i0e.js';
import type { RandomStream } from '../random.js';
import { sizeOf, type Shape } from '../shapes.js';
import { eventShapeOf, perCoordinate, type PerCoordinate } from './check.js';
import { Distribution } from './distribution.js';
import { sumOverEvent } from './sum-over-event.js';

/** Options of {@link VonMises}. */
export interface VonMisesOptions {
  /** Shape of one event. Default: one axis as long as the first option that is a list. */
  readonly eventShape?: Shape;
  /** Mean angle of each coordinate in radians. Default: 0. */
  readonly loc?: PerCoordinate;
  /** Positive concentration `κ` of each coordinate; for a large one the deviation is `1 / √κ` radians. Default: 1. */
  readonly concentration?: PerCoordinate;
  /** Whether mean angle and `log κ` are trained. Draws are then not reparameterised. Default: false. */
  readonly learnable?: boolean;
}

/**
 * Independent angles on the circle, in radians:
 * `log p(x) = Σ κ (cos(x - loc) - 1) - log 2π - log e^-κ I₀(κ)`, a density on (-π, π].
 *
 * Angles are read modulo 2π; draws lie in (-π, π], up to the rounding of π to float32.
 *
 * Draws: Best and Fisher, "Efficient simulation of the von Mises distribution", 1979.
 */
export class VonMises extends Distribution {
  static override readonly className = 'VonMises';
  static override readonly samples = [
    () => new VonMises({ eventShape: [1], loc: 0.4, concentration: 4 }),
    () => new VonMises({ loc: [0.4, 3], concentration: [0.5, 5], learnable: true }),
  ];

  override readonly eventShape: Shape;
  override readonly support: Interval = [-Math.PI, Math.PI];
  override readonly reparameterised: boolean;
  readonly #loc: Tensor;
  readonly #logConcentration: Tensor;
  readonly #config: Config;

  /** @throws FlowConfigError for a bad shape, lists of another length, or a concentration that is not positive. */
  constructor(options: VonMisesOptions) {
    super();
    const { loc = 0, concentration = 1, learnable = false } = options;
    const shape = eventShapeOf(this.className, options.eventShape, { loc, concentration });
    const locs = perCoordinate(`${this.className}.loc`, loc, shape);
    const logs = perCoordinate(`${this.className}.concentration`, concentration, shape, 'positive').map(Math.log);
    this.eventShape = shape;
    this.reparameterised = !learnable;
    this.#loc = this.parameter('loc', shape, locs, learnable);
    this.#logConcentration = this.parameter('logConcentration', shape, logs, learnable);
    this.#config = { eventShape: shape, loc, concentration, learnable };
  }

  protected override density(x: Tensor): Tensor {
    const concentration = tf.exp(this.#logConcentration);
    const logNormaliser = tf.add(logBesselI0e(concentration), Math.log(2 * Math.PI));
    // cos d - 1 = -2 sin² d/2, without the cancellation near the mode.
    const chord = tf.square(tf.sin(tf.mul(tf.sub(x, this.#loc), 0.5)));
    return tf.sub(sumOverEvent(tf.mul(chord, tf.mul(concentration, -2))), tf.sum(logNormaliser));
  }

  protected override draw(n: number, stream: RandomStream): Tensor {
    const dims = sizeOf(this.eventShape);
    const locs = this.#loc.dataSync();
    const samplers = Array.from(this.#logConcentration.dataSync(), (log) => angleSampler(Math.exp(log), stream));
    const angles = Float32Array.from({ length: n * dims }, (_, i) => wrap(locs[i % dims] + samplers[i % dims]()));
    return tf.tensor(angles, [n, ...this.eventShape], 'float32');
  }

  override getConfig(): Config {
    return this.#config;
  }
}

/** Draws angles about zero for one concentration, by rejection from a wrapped Cauchy distribution. */
function angleSampler(concentration: number, stream: RandomStream): () => number {
  // Beyond this, float32 cannot tell a von Mises angle from a normal number.
  if (concentration > 1e6) return () => stream.nextNormal() / Math.sqrt(concentration);
  const tau = 1 + Math.sqrt(1 + 4 * concentration ** 2);
  const rho = (tau - Math.sqrt(2 * tau)) / (2 * concentration);
  // The fraction cancels for small concentrations, where its limit serves.
  const r = concentration < 1e-4 ? 1 / concentration + concentration : (1 + rho ** 2) / (2 * rho);
  return () => {
    for (;;) {
      const z = Math.cos(Math.PI * stream.next());
      const f = (1 + r * z) / (r + z);
      const c = concentration * (r - f);
      const u = 1 - stream.next();
      if (c * (2 - c) > u || Math.log(c / u) + 1 >= c) {
        const angle = Math.acos(Math.min(1, Math.max(-1, f)));
        return stream.next() < 0.5 ? -angle : angle;
      }
    }
  };
}

/** The same angle in (-π, π]. */
function wrap(angle: number): number {
  const turn = 2 * Math.PI;
  return angle - turn * Math.ceil((angle - Math.PI) / turn);
}
