import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { activate, type ActivationName } from '../conditioners/activation.js';
import { Dense } from '../conditioners/dense.js';
import { Module, type Config } from '../module.js';
import { RandomStream, type Seed } from '../random.js';
import { otherPoints, pairsOf } from './point-cloud.js';
import { repeatRows } from './rows.js';

/** Options of {@link EquivariantLayer}. */
export interface EquivariantLayerOptions {
  /** Number of points in one cloud. */
  readonly points: number;
  /** Features of one point, and entries of one message. */
  readonly width: number;
  readonly activation: ActivationName;
  /** Whether features are updated, too; a last layer has no use for it. */
  readonly updatesFeatures: boolean;
  /** Range of the last weights that move points; 0 leaves them where they are. */
  readonly outputRange: number;
  readonly seed: Seed;
}

/**
 * One layer of an E(n)-equivariant graph network (Satorras, Hoogeboom and Welling, 2021, section 3.1, and "E(n) equivariant
 * normalizing flows", 2021, for the denominator), on the complete graph of the points:
 *
 *     m_ij = φ_e(h_i, h_j, |x_i − x_j|², t)
 *     x_i  = x_i + Σ_j (x_i − x_j) / (|x_i − x_j| + 1) φ_x(m_ij)
 *     h_i  = h_i + φ_h(h_i, Σ_{j≠i} m_ij)
 *
 * The first layer of `φ_e` is a sum over its arguments, so that the parts of `h_i` and `h_j` are products over points, not
 * over pairs.
 */
export class EquivariantLayer extends Module {
  static override readonly className: string = 'EquivariantLayer';

  readonly #options: EquivariantLayerOptions;
  readonly #receiver: Variable;
  readonly #sender: Variable;
  readonly #square: Variable;
  readonly #time: Variable;
  readonly #bias: Variable;
  readonly #message: Dense;
  readonly #movement: readonly [Dense, Dense];
  readonly #update: readonly [Dense, Dense] | null;
  readonly #others: Tensor | null;
  readonly #config: Config;

  constructor(options: EquivariantLayerOptions) {
    super();
    const { points, width, activation, updatesFeatures, outputRange } = options;
    const stream = RandomStream.from(options.seed);
    const range = 1 / Math.sqrt(2 * width + 2);
    const uniform = (name: string, rows: number) =>
      this.weight(name, [rows, width], stream.split(name).uniform(rows * width, -range, range));
    const layer = (name: string, inputs: number, outputs: number, more = {}) =>
      this.child(name, new Dense({ inputs, outputs, seed: stream.split(name), ...more }));
    this.#options = options;
    this.#receiver = uniform('receiver', width);
    this.#sender = uniform('sender', width);
    this.#square = uniform('square', 1);
    this.#time = uniform('time', 1);
    this.#bias = uniform('bias', 1);
    this.#message = layer('message', width, width, { activation });
    this.#movement = [
      layer('movement', width, width, { activation }),
      layer('output', width, 1, { initialRange: outputRange }),
    ];
    this.#update = updatesFeatures
      ? [layer('update', 2 * width, width, { activation }), layer('features', width, width)]
      : null;
    this.#others = updatesFeatures ? this.constant('others', otherPoints(points)) : null;
    this.#config = { points, width, activation, updatesFeatures, outputRange, seed: stream.key };
  }

  override getConfig(): Config {
    return this.#config;
  }

  /**
   * @param x points, `[rows, n, dims]`
   * @param h features, `[rows, n, width]`, or `[1, n, width]` for the same in every row
   * @param t `[1, 1]` or `[rows, 1]`
   * @returns points and features after the layer
   */
  apply(x: Tensor, h: Tensor, t: Tensor): [Tensor, Tensor] {
    const { width } = this.#options;
    const [rows, n] = x.shape as [number, number, number];
    const { differences, squares, distances } = pairsOf(x);
    const messages = this.#messages(squares, h, t);
    const [hidden, output] = this.#movement;
    const strength = tf.reshape(output.apply(hidden.apply(messages)), [rows, n, n, 1]);
    const moves = tf.mul(differences, tf.div(strength, tf.add(distances, 1)));
    const moved = tf.add(x, tf.sum(moves, 2));
    if (!this.#update) return [moved, h];
    const [mixed, features] = this.#update;
    const received = tf.sum(tf.mul(tf.reshape(messages, [rows, n, n, width]), this.#others!), 2);
    const both = tf.reshape(tf.concat([repeatRows(h, rows), received], 2), [rows * n, 2 * width]);
    return [moved, tf.add(h, tf.reshape(features.apply(mixed.apply(both)), [rows, n, width]))];
  }

  /** `m_ij`, `[rows n n, width]`. */
  #messages(squares: Tensor, h: Tensor, t: Tensor): Tensor {
    const { width, activation } = this.#options;
    const [rows, n] = squares.shape as [number, number];
    const known = h.shape[0];
    const flat = tf.reshape(h, [known * n, width]);
    const shift = tf.reshape(tf.add(tf.mul(t, this.#time), this.#bias), [t.shape[0], 1, 1, width]);
    const received = tf.add(tf.reshape(tf.matMul(flat, this.#receiver), [known, n, 1, width]), shift);
    const sent = tf.reshape(tf.matMul(flat, this.#sender), [known, 1, n, width]);
    const first = tf.add(tf.mul(squares, tf.reshape(this.#square, [1, 1, 1, width])), tf.add(received, sent));
    return this.#message.apply(tf.reshape(activate(activation, first), [rows * n * n, width]));
  }
}
