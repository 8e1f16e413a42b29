import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import { FlowConfigError } from '../errors.js';
import { Module } from '../module.js';
import type { RandomStream } from '../random.js';

/** The energy that a block relaxes in, differentiable in `x` and in what it depends on. */
export interface BlockEnergy {
  /** `u(x)`, `[rows]` */
  energy(x: Tensor): Tensor;
  /** `-∂u/∂x`, of the shape of `x` */
  force(x: Tensor): Tensor;
}

/** Where a block leads to, and its share of the weight of a path. */
export type Moved = readonly [
  y: Tensor,
  /** `ΔS = log q̃(y' → y) / q(y → y')`, the density of the way back over that of the way there, `[rows]` */
  entropy: Tensor,
];

/** Options of every block of a stochastic flow. */
export interface StochasticBlockOptions {
  /** Energy to relax in, `(1 - λ) u₀ + λ u₁` between that of the base and that of the target: `λ` in [0, 1]. Default: 1. */
  readonly level?: number;
  /** Steps of the block. Default: 10. */
  readonly steps?: number;
  /** Length of a step. Default: 0.1. */
  readonly stepSize?: number;
}

/**
 * A random step of a stochastic flow: some moves of a Markov chain in an energy between those of base and target.
 *
 * All of them are their own way back: run from where a path ends, the same block gives a path in the other direction.
 */
export abstract class StochasticBlock extends Module {
  /** `λ` of the energy to relax in, 0 that of the base, 1 that of the target. */
  readonly level: number;
  /** Moves of the chain. */
  readonly steps: number;

  /** @throws FlowConfigError for a level outside [0, 1], steps that are no count, or a step size that is not positive. */
  constructor(where: string, { level = 1, steps = 10, stepSize = 0.1 }: StochasticBlockOptions) {
    super();
    if (!(level >= 0 && level <= 1)) {
      throw new FlowConfigError(`${where}.level`, { expected: 'a number from 0 to 1', got: String(level) });
    }
    if (!(stepSize > 0 && stepSize < Infinity)) {
      throw new FlowConfigError(`${where}.stepSize`, { expected: 'a positive number', got: String(stepSize) });
    }
    checkInteger(`${where}.steps`, steps);
    this.level = level;
    this.steps = steps;
  }

  /** Moves rows `[rows, ...event]`. */
  abstract move(y: Tensor, energy: BlockEnergy, stream: RandomStream): Moved;
}

/** `Σ a b` over the event, `[rows]`. */
export function rowDot(a: Tensor, b: Tensor): Tensor {
  return tf.sum(tf.reshape(tf.mul(a, b), [a.shape[0], -1]), 1);
}

/** Rows of `proposal` where `accepted`, those of `y` elsewhere. */
export function chooseRows(accepted: Tensor, proposal: Tensor, y: Tensor): Tensor {
  return tf.where(tf.reshape(accepted, [y.shape[0], ...y.shape.slice(1).map(() => 1)]), proposal, y);
}

/** Which proposals Metropolis and Hastings accept; a ratio that is not a number counts as zero. Not differentiable. */
export function accepts(logRatio: Tensor, stream: RandomStream): Tensor {
  const thresholds = stream.uniform(logRatio.size).map((u) => Math.log(1 - u));
  return tf.less(tf.tensor1d(thresholds), logRatio);
}
