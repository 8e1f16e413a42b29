import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { Module, type Config } from '../../module.js';
import { RandomStream, type Seed } from '../../random.js';
import { activate } from '../activation.js';
import { Dense } from '../dense.js';

/** Options of {@link BodyMessages}. */
export interface BodyMessagesOptions {
  readonly bodies: number;
  /** Whether positions are cosines and sines of angles, or the numbers themselves. */
  readonly periodic: boolean;
  /** Entries of one body's other features. */
  readonly features: number;
  /** Entries of one message. */
  readonly width: number;
  /** Seed of the initial weights. Default: 0. */
  readonly seed?: Seed;
}

/**
 * What bodies tell each other about where they stand: `mᵢ = 1/n Σ_{j≠i} φ(Δ_ij, hᵢ, hⱼ)` with two layers `φ`. Of positions only the
 * differences `Δ_ij` enter, in a periodic box their cosines and sines: moving all bodies alike changes nothing.
 *
 * The first layer is a sum over its arguments, so that the parts of `hᵢ` and `hⱼ` are products over bodies, not pairs.
 */
export class BodyMessages extends Module {
  static override readonly className: string = 'BodyMessages';

  readonly #between: Variable;
  readonly #receiver: Dense;
  readonly #sender: Variable;
  readonly #output: Dense;
  readonly #others: Tensor;
  readonly #options: BodyMessagesOptions;
  readonly #config: Config;

  constructor(options: BodyMessagesOptions) {
    super();
    const { bodies, periodic, features, width, seed = 0 } = options;
    const stream = RandomStream.from(seed);
    const between = periodic ? 6 : 3;
    const range = 1 / Math.sqrt(between + 2 * features);
    const uniform = (name: string, rows: number) =>
      this.weight(name, [rows, width], stream.split(name).uniform(rows * width, -range, range));
    this.#between = uniform('between', between);
    this.#sender = uniform('sender', features);
    this.#receiver = this.child('receiver', new Dense({ inputs: features, outputs: width, seed: stream.split('receiver') })); // prettier-ignore
    this.#output = this.child('output', new Dense({ inputs: width, outputs: width, seed: stream.split('output') }));
    const others = Array.from({ length: bodies }, (_, i) => Array.from({ length: bodies }, (_unused, j) => Number(i !== j) / bodies)); // prettier-ignore
    this.#others = this.constant(
      'others',
      tf.tidy(() => tf.reshape(tf.tensor2d(others), [1, bodies, bodies, 1])),
    );
    this.#options = options;
    this.#config = { bodies, periodic, features, width, seed: stream.key };
  }

  override getConfig(): Config {
    return this.#config;
  }

  /**
   * @param positions `[batch, bodies, 3]`, or cosines and sines `[batch, bodies, 6]`
   * @param seen 1 where a position may be used, `[bodies]`
   * @param h `[batch, bodies, features]`
   * @returns `[batch, bodies, width]`
   */
  apply(positions: Tensor, seen: Tensor, h: Tensor): Tensor {
    const { features, width } = this.#options;
    const [batch, n] = h.shape as [number, number, number];
    const pairs = tf.mul(
      this.#differences(positions),
      tf.mul(tf.reshape(seen, [1, n, 1, 1]), tf.reshape(seen, [1, 1, n, 1])),
    );
    const flat = tf.reshape(h, [batch * n, features]);
    const between = tf.matMul(tf.reshape(pairs, [batch * n * n, pairs.shape[3]!]), this.#between);
    const received = tf.reshape(this.#receiver.apply(flat), [batch, n, 1, width]);
    const sent = tf.reshape(tf.matMul(flat, this.#sender), [batch, 1, n, width]);
    const first = activate('silu', tf.add(tf.reshape(between, [batch, n, n, width]), tf.add(received, sent)));
    const sum = tf.sum(tf.mul(first, this.#others), 2);
    return tf.reshape(this.#output.apply(tf.reshape(sum, [batch * n, width])), [batch, n, width]);
  }

  /** Of body `j` seen from `i`, `[batch, n, n, 3 or 6]`. */
  #differences(positions: Tensor): Tensor {
    const [from, to] = [tf.expandDims(positions, 2), tf.expandDims(positions, 1)];
    if (!this.#options.periodic) return tf.sub(to, from);
    const [[c, s], [k, r]] = [tf.split(from, 2, 3), tf.split(to, 2, 3)];
    const cosine = tf.add(tf.mul(c, k), tf.mul(s, r));
    return tf.concat([cosine, tf.sub(tf.mul(r, c), tf.mul(k, s))], 3);
  }
}
