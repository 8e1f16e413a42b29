import type { Tensor } from '@tensorflow/tfjs-core';
import type { Shape } from '../../shapes.js';
import { Conditioner } from '../conditioner.js';

/** A network near given points: its values there, and products with its Jacobians. */
export interface Linearisation {
  /** `g(x)`, `[rows, ...event]`. */
  readonly value: Tensor;
  /** `J t` along `K` directions, `[K, rows, ...event]`, or `[K, 1, ...event]` for the same in all rows → `[K, rows, ...event]`. */
  push(tangents: Tensor): Tensor;
  /** `Jᵀ w`, `[rows, ...event]` → the same shape, from what was kept. */
  pull(cotangents: Tensor, kept?: readonly Tensor[]): Tensor;
  /** What `pull` needs. A gradient is taken when these have been freed, unless copies are saved for it. */
  readonly kept: readonly Tensor[];
}

/** A network whose kernels are normalised and whose context is taken in: done once, for any number of points. */
export interface LipschitzMap {
  /** `g(x)`, `[rows, ...event]` → the same shape. */
  value(x: Tensor): Tensor;
  /** The map about points, with its Jacobian as products with vectors. */
  at(x: Tensor): Linearisation;
}

/**
 * A network from events to events of the same shape that is a contraction in them:
 * `|g(a, c) - g(b, c)| ≤ lipschitz |a - b|` with `lipschitz < 1`, whatever its weights. On a context `c` it may depend in any
 * way.
 */
export abstract class LipschitzNetwork extends Conditioner {
  static override readonly samples: readonly (() => LipschitzNetwork)[] = [];

  /** Shape of one event, the same on both sides. */
  abstract readonly eventShape: Shape;
  /** Bound of the Lipschitz constant in the Euclidean norm. */
  abstract readonly lipschitz: number;

  /** The map for contexts of `rows` rows, or none. */
  abstract bind(context: Tensor | null): LipschitzMap;

  protected override network(x: Tensor, context: Tensor | null): Tensor {
    return this.bind(context).value(x);
  }
}
