import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { stopGradient, withoutGradient } from '../kernels/stop-gradient/op.js';
import type { Config } from '../module.js';
import type { RandomStream } from '../random.js';
import {
  accepts,
  chooseRows,
  rowDot,
  StochasticBlock,
  type BlockEnergy,
  type Moved,
  type StochasticBlockOptions,
} from './stochastic-block.js';

/**
 * Metropolis steps of a Gaussian random walk. Detailed balance makes the share of the weight `u(y') - u(y)`, with nothing of
 * the proposals in it. Gradients hold the steps that were accepted for fixed.
 *
 * Source: Wu, Köhler and Noé, "Stochastic normalizing flows", 2020, section 3.
 */
export class MetropolisBlock extends StochasticBlock {
  static override readonly className = 'MetropolisBlock';
  /** Deviation of a proposal. */
  readonly stepSize: number;

  constructor(options: StochasticBlockOptions = {}) {
    super('MetropolisBlock', options);
    this.stepSize = options.stepSize ?? 0.1;
  }

  override move(y: Tensor, energy: BlockEnergy, stream: RandomStream): Moved {
    const step = withoutGradient([y], (start) => {
      let [at, here] = [start, energy.energy(start)];
      for (let i = 0; i < this.steps; i++) {
        const proposal = tf.add(at, tf.mul(stream.normalTensor(y.shape), this.stepSize));
        const there = energy.energy(proposal);
        const accepted = accepts(tf.sub(here, there), stream);
        [at, here] = [chooseRows(accepted, proposal, at), tf.where(accepted, there, here)];
      }
      return tf.sub(at, start);
    });
    const moved = tf.add(y, step);
    return [moved, tf.sub(energy.energy(moved), energy.energy(y))];
  }

  override getConfig(): Config {
    return { level: this.level, steps: this.steps, stepSize: this.stepSize };
  }
}

/**
 * Steps of the Metropolis-adjusted Langevin algorithm, `y' = y + ε F(y) + √(2ε) ξ`. The share of the weight is
 * `u(y') - u(y)`. Gradients go through the forces, and hold what was accepted for fixed.
 */
export class MalaBlock extends StochasticBlock {
  static override readonly className = 'MalaBlock';
  /** Length of a step, `h` in `x - h ∂u/∂x + √(2h) ξ`. */
  readonly stepSize: number;

  constructor(options: StochasticBlockOptions = {}) {
    super('MalaBlock', options);
    this.stepSize = options.stepSize ?? 0.1;
  }

  override move(y: Tensor, energy: BlockEnergy, stream: RandomStream): Moved {
    let at = y;
    for (let i = 0; i < this.steps; i++) {
      const force = energy.force(at);
      const noise = stream.normalTensor(y.shape);
      const proposal = tf.add(tf.add(at, tf.mul(force, this.stepSize)), tf.mul(noise, Math.sqrt(2 * this.stepSize)));
      // Not below: a derivative needs its own tape.
      const next = energy.force(stopGradient(proposal));
      const accepted = withoutGradient([at, proposal, force, next], (from, to, pull, pullThere) => {
        const turn = tf.mul(tf.add(pull, pullThere), Math.sqrt(this.stepSize / 2));
        // log q(y' → y) - log q(y → y'), without the difference of two large squares.
        const back = tf.neg(tf.add(rowDot(noise, turn), tf.mul(0.5, rowDot(turn, turn))));
        return accepts(tf.add(tf.sub(energy.energy(from), energy.energy(to)), back), stream);
      });
      at = chooseRows(accepted, proposal, at);
    }
    return [at, tf.sub(energy.energy(at), energy.energy(y))];
  }

  override getConfig(): Config {
    return { level: this.level, steps: this.steps, stepSize: this.stepSize };
  }
}
