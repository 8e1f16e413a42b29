import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { activate, type ActivationName } from './activation.js';
import { Dense } from './dense.js';
import { dropout } from './dropout.js';
import { flatContext } from './flat-context.js';
import { Module, type Config } from '../module.js';
import { RandomStream, type Seed } from '../random.js';

/** Options of {@link ResidualBlock}. */
export interface ResidualBlockOptions {
  /** Entries of one input and one output row. */
  readonly width: number;
  /** Before each of the two layers. */
  readonly activation: ActivationName;
  /** Entries of one flattened context; 0 for none. */
  readonly contextSize: number;
  /** Probability of dropping a unit while training. */
  readonly dropout: number;
  /** Constant factors of both kernels, row-major `[width, width]`. Default: none. */
  readonly mask?: ArrayLike<number> | null;
  /** Seed of the initial weights. Default: 0. */
  readonly seed?: Seed;
}

/** The second layer of a block starts this small, so that a deep net starts as a shallow one. */
const INITIAL_RANGE = 1e-3;

/**
 * `h + t`, where `t = layer₂(dropout(act(layer₁(act(h)))))` and a context gates it: `t ⊙ σ(layer₃(context))`.
 *
 * Pre-activation residual block of Neural Spline Flows (Durkan et al., 2019, appendix B), without batch normalisation.
 */
export class ResidualBlock extends Module {
  static override readonly className: string = 'ResidualBlock';

  readonly #first: Dense;
  readonly #second: Dense;
  readonly #gate: Dense | null;
  readonly #activation: ActivationName;
  readonly #dropout: number;
  readonly #config: Config;

  constructor({ width, activation, contextSize, dropout, mask = null, seed = 0 }: ResidualBlockOptions) {
    super();
    const stream = RandomStream.from(seed);
    const square = { inputs: width, outputs: width, mask };
    this.#first = this.child('first', new Dense({ ...square, activation, seed: stream.split('first') }));
    this.#second = this.child(
      'second',
      new Dense({ ...square, initialRange: INITIAL_RANGE, seed: stream.split('second') }),
    );
    const gate = { inputs: contextSize, outputs: width, activation: 'sigmoid' as const, seed: stream.split('gate') };
    this.#gate = contextSize > 0 ? this.child('gate', new Dense(gate)) : null;
    this.#activation = activation;
    this.#dropout = dropout;
    this.#config = { width, activation, contextSize, dropout, mask, seed: stream.key };
  }

  /** `[batch, width]` → `[batch, width]`. */
  apply(h: Tensor, context: Tensor | null): Tensor {
    return tf.tidy(() => {
      const inner = this.#first.apply(activate(this.#activation, h));
      const t = this.#second.apply(dropout(inner, this.#dropout));
      return tf.add(h, this.#gate && context ? tf.mul(t, this.#gate.apply(flatContext(context))) : t);
    });
  }

  override getConfig(): Config {
    return this.#config;
  }
}
