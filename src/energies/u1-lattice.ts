import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import { FlowConfigError } from '../errors.js';
import { withoutGradient } from '../kernels/stop-gradient/op.js';
import type { Config } from '../module.js';
import { linksAlong, nextAlong, plaquettesOf } from '../numerics/lattice.js';
import { batchShapeOf, flattenBatch, restoreBatch, sizeOf, type Shape } from '../shapes.js';
import { checkConstants } from './checks.js';
import { Energy } from './energy.js';

/** Options of {@link U1Lattice}. */
export interface U1LatticeOptions {
  /** Lengths of the periodic lattice, each at least 2. Default: `[8, 8]`. */
  readonly shape?: readonly [number, number];
  /** Inverse coupling, positive. Default: 2. */
  readonly beta?: number;
}

const TURN = 2 * Math.PI;

/**
 * Two-dimensional U(1) gauge theory with the Wilson action, `S = -β Σ_n cos P(n)`, on link angles `[2, L₀, L₁]`; the first axis is
 * the direction of the link. The plaquette is `P(n) = x₀(n) + x₁(n + e₀) - x₀(n + e₁) - x₁(n)`.
 *
 * Angles may be given in any turn. There is a density on one turn each, `[-π, π)`; {@link u1Exact} has its exact averages.
 */
export class U1Lattice extends Energy {
  static override readonly className = 'U1Lattice';
  static override readonly samples = [
    () => new U1Lattice({ shape: [3, 4] }),
    () => new U1Lattice({ shape: [2, 2], beta: 0.7 }),
  ];

  override readonly eventShape: Shape;
  readonly #config: Required<U1LatticeOptions>;

  /** @throws FlowConfigError for other than two lengths of at least 2, or `beta` that is not positive. */
  constructor({ shape = [8, 8], beta = 2 }: U1LatticeOptions = {}) {
    super();
    if (!Array.isArray(shape) || shape.length !== 2) {
      throw new FlowConfigError('U1Lattice.shape', { expected: 'the two lengths of a lattice', got: String(shape) });
    }
    shape.forEach((length: number, axis) => checkInteger(`U1Lattice.shape[${axis}]`, length, 2));
    checkConstants('U1Lattice', { beta }, 'positive');
    this.eventShape = [2, ...shape];
    this.#config = { shape, beta };
  }

  /**
   * Plaquettes, not brought back to one turn.
   *
   * @param x `[...batch, 2, L₀, L₁]`
   * @returns `[...batch, L₀, L₁]`
   * @throws FlowShapeError when `x` has another shape.
   */
  plaquettes(x: Tensor): Tensor {
    return this.measure('plaquettes', x, this.#config.shape, plaquettes);
  }

  /**
   * Topological charge `Q = Σ_n wrap(P(n)) / 2π`, a whole number. It has no gradient.
   *
   * @returns `[...batch]`
   * @throws FlowShapeError when `x` has another shape.
   */
  charge(x: Tensor): Tensor {
    return this.measure('charge', x, [], (flat) =>
      withoutGradient([flat], (links) => {
        const angles = plaquettes(links);
        const wrapped = tf.sub(angles, tf.mul(TURN, tf.floor(tf.add(tf.div(angles, TURN), 0.5))));
        return tf.round(tf.div(tf.sum(wrapped, [1, 2]), TURN));
      }),
    );
  }

  /**
   * Mean of `cos P` over the lattice.
   *
   * @returns `[...batch]`
   * @throws FlowShapeError when `x` has another shape.
   */
  meanPlaquette(x: Tensor): Tensor {
    return this.measure('meanPlaquette', x, [], (flat) => tf.mean(tf.cos(plaquettes(flat)), [1, 2]));
  }

  /**
   * Links after a gauge transformation, `x_μ(n) → α(n) + x_μ(n) - α(n + e_μ)`, which changes no plaquette.
   *
   * @param x `[...batch, 2, L₀, L₁]`
   * @param alpha one angle a site, `[L₀, L₁]`
   * @throws FlowShapeError when either has another shape.
   */
  gaugeTransform(x: Tensor, alpha: Tensor): Tensor {
    return tf.tidy(() => {
      batchShapeOf(x, this.eventShape, 'U1Lattice.gaugeTransform', 'x');
      const { shape } = this.#config;
      const sites = tf.reshape(alpha, [sizeOf(batchShapeOf(alpha, shape, 'U1Lattice.gaugeTransform', 'alpha')), ...shape]); // prettier-ignore
      const moves = tf.stack(
        [0, 1].map((axis) => tf.sub(sites, nextAlong(sites, axis + 1))),
        1,
      );
      return tf.add(x, tf.squeeze(moves, [0]));
    });
  }

  protected override evaluate(x: Tensor): Tensor {
    return tf.mul(-this.#config.beta, tf.sum(tf.cos(plaquettes(x)), [1, 2]));
  }

  override getConfig(): Config {
    return { ...this.#config };
  }

  private measure(method: string, x: Tensor, to: Shape, compute: (flat: Tensor) => Tensor): Tensor {
    return tf.tidy(() => {
      const batchShape = batchShapeOf(x, this.eventShape, `U1Lattice.${method}`, 'x');
      if (sizeOf(batchShape) === 0) return tf.zeros([...batchShape, ...to]);
      return restoreBatch(compute(flattenBatch(x, batchShape, this.eventShape)), batchShape, to);
    });
  }
}

function plaquettes(links: Tensor): Tensor {
  return plaquettesOf(linksAlong(links, 0), linksAlong(links, 1));
}
