import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import type { Config } from '../module.js';
import type { RandomStream } from '../random.js';
import {
  rowDot,
  StochasticBlock,
  type BlockEnergy,
  type Moved,
  type StochasticBlockOptions,
} from './stochastic-block.js';

/** Options of {@link LangevinBlock}. */
export interface LangevinBlockOptions extends StochasticBlockOptions {
  /** Whether the step size is trained. Default: false. */
  readonly learnable?: boolean;
}

/** A step size, kept as its logarithm where it is trained. */
export abstract class SteppingBlock extends StochasticBlock {
  /** Whether the length of a step is trained. */
  readonly learnable: boolean;
  readonly #stepSize: number;
  readonly #logStep: Tensor | null;

  constructor(where: string, { learnable = false, ...options }: LangevinBlockOptions) {
    super(where, options);
    this.learnable = learnable;
    this.#stepSize = options.stepSize ?? 0.1;
    this.#logStep = learnable ? this.weight('logStep', [], [Math.log(this.#stepSize)]) : null;
  }

  /** The step size, differentiable where it is trained. */
  protected get step(): Tensor {
    return this.#logStep ? tf.exp(this.#logStep) : tf.scalar(this.#stepSize);
  }

  override getConfig(): Config {
    return { level: this.level, steps: this.steps, stepSize: this.#stepSize, learnable: this.learnable };
  }
}

/**
 * Steps of overdamped Langevin dynamics, `y' = y + ε F(y) + √(2ε) ξ`, of which none is refused: whatever the step, weights of
 * paths are exact. Gradients go through all of it.
 *
 * With `ξ̃` the noise that would lead back, `ΔS = ½ (ξ² - ξ̃²) = -ξ·g - ½ g²`, `g = √(ε/2) (F(y) + F(y'))`.
 *
 * Source: Wu, Köhler and Noé, "Stochastic normalizing flows", 2020, section 3; Nilmeier et al., 2011.
 */
export class LangevinBlock extends SteppingBlock {
  static override readonly className = 'LangevinBlock';

  /** @throws FlowConfigError for a level outside [0, 1], steps that are no count, or a step size that is not positive. */
  constructor(options: LangevinBlockOptions = {}) {
    super('LangevinBlock', options);
  }

  override move(y: Tensor, energy: BlockEnergy, stream: RandomStream): Moved {
    const { step } = this;
    let [at, force, entropy] = [y, energy.force(y), tf.zeros([y.shape[0]])];
    for (let i = 0; i < this.steps; i++) {
      const noise = stream.normalTensor(y.shape);
      at = tf.add(tf.add(at, tf.mul(step, force)), tf.mul(tf.sqrt(tf.mul(2, step)), noise));
      const next = energy.force(at);
      const turn = tf.mul(tf.sqrt(tf.div(step, 2)), tf.add(force, next));
      entropy = tf.sub(entropy, rowDot(turn, tf.add(noise, tf.mul(0.5, turn))));
      force = next;
    }
    return [at, entropy];
  }
}

/** Options of {@link UnderdampedLangevinBlock}. */
export interface UnderdampedLangevinBlockOptions extends LangevinBlockOptions {
  /** How fast velocities forget themselves, per unit of time; with zero, a trajectory of Hamilton's. Default: 1. */
  readonly friction?: number;
}

/**
 * Steps of Langevin dynamics with velocities, of unit mass: velocities are drawn, moved together with positions by velocity
 * Verlet with friction and noise between its steps, and left behind at the end. None is refused, and weights are exact.
 *
 * Verlet keeps volumes, and friction with its noise the Maxwell-Boltzmann distribution: what is left of `ΔS` is the kinetic
 * energy that Verlet's steps take away, `-Σ Δ(½ v²)`. Together with the change of the potential energy that is the error of these
 * steps alone.
 *
 * Sources: Wu, Köhler and Noé, 2020; Sivak, Chodera and Crooks, 2013, for the work of the steps.
 */
export class UnderdampedLangevinBlock extends SteppingBlock {
  static override readonly className = 'UnderdampedLangevinBlock';
  /** Friction of the velocities, in units of one over time. */
  readonly friction: number;

  /** @throws FlowConfigError for the options of {@link LangevinBlock}, or a friction below zero. */
  constructor({ friction = 1, ...options }: UnderdampedLangevinBlockOptions = {}) {
    super('UnderdampedLangevinBlock', options);
    if (!(friction >= 0 && friction < Infinity)) {
      throw new FlowConfigError('UnderdampedLangevinBlock.friction', {
        expected: 'zero or a positive number',
        got: String(friction),
      });
    }
    this.friction = friction;
  }

  override move(y: Tensor, energy: BlockEnergy, stream: RandomStream): Moved {
    const { step } = this;
    const half = tf.div(step, 2);
    let [at, force, entropy] = [y, energy.force(y), tf.zeros([y.shape[0]])];
    let velocity: Tensor = stream.normalTensor(y.shape);
    for (let i = 0; i < this.steps; i++) {
      if (i > 0 && this.friction > 0) velocity = this.#thermalized(velocity, step, stream);
      const kicked = tf.add(velocity, tf.mul(half, force));
      at = tf.add(at, tf.mul(step, kicked));
      force = energy.force(at);
      const next = tf.add(kicked, tf.mul(half, force));
      entropy = tf.add(entropy, tf.mul(0.5, rowDot(tf.sub(velocity, next), tf.add(velocity, next))));
      velocity = next;
    }
    return [at, entropy];
  }

  override getConfig(): Config {
    return { ...super.getConfig(), friction: this.friction };
  }

  #thermalized(velocity: Tensor, step: Tensor, stream: RandomStream): Tensor {
    const rate = tf.mul(step, -this.friction);
    const fresh = tf.sqrt(tf.neg(tf.expm1(tf.mul(2, rate))));
    return tf.add(tf.mul(tf.exp(rate), velocity), tf.mul(fresh, stream.normalTensor(velocity.shape)));
  }
}
