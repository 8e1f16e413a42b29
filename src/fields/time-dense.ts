import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { ActivationName } from '../conditioners/activation.js';
import { flatContext } from '../conditioners/flat-context.js';
import { dense } from '../kernels/dense/op.js';
import { dualDense } from '../kernels/dual-dense/op.js';
import { activateDual } from '../kernels/dual-dense/reference.js';
import { Module, type Config } from '../module.js';
import { RandomStream, type Seed } from '../random.js';
import { sizeOf } from '../shapes.js';
import type { TimeForm } from './network-options.js';

/** How time enters one layer. */
export type LayerTime = 'none' | 'concat' | 'gated' | 'concatSquash';

/** What layer `index` of a network makes of time. */
export function layerTime(form: TimeForm, index: number): LayerTime {
  if (form === 'concat') return index === 0 ? 'concat' : 'none';
  return form === 'concatAll' ? 'concat' : form;
}

/** Options of {@link TimeDense}. */
export interface TimeDenseOptions {
  /** Entries of one input row, without time and context. */
  readonly inputs: number;
  readonly outputs: number;
  readonly activation: ActivationName;
  readonly time: LayerTime;
  /** Entries of one flattened context, which is an input too; 0 for none. Default: 0. */
  readonly contextSize?: number;
  /** Kernel and bias start uniform in ±`initialRange`; 0 makes the layer emit zero. Default: `1 / √(all inputs)`. */
  readonly initialRange?: number;
  readonly seed: Seed;
}

/**
 * One layer of a field on dual numbers: `φ(s ∘ (x W + c C + b) + v t)` with the gate `s = σ(g t + h)`; which of the terms
 * in `t` and the context `c` it has is up to its options.
 *
 * Time and context do not depend on the point, so they are no inputs of the product: they make a shift. A gate that
 * is the same for all rows is folded into the kernel and the shift, which leaves one product a layer in every form.
 */
export class TimeDense extends Module {
  static override readonly className: string = 'TimeDense';

  readonly #activation: ActivationName;
  readonly #kernel: Variable;
  readonly #bias: Variable;
  readonly #context: Variable | null;
  readonly #time: Variable | null;
  readonly #gate: readonly [slope: Variable, bias: Variable] | null;
  readonly #config: Config;

  constructor(options: TimeDenseOptions) {
    super();
    const { inputs, outputs, activation, time, contextSize = 0 } = options;
    const fanIn = inputs + contextSize + (time === 'concat' ? 1 : 0);
    const { initialRange = 1 / Math.sqrt(fanIn) } = options;
    const stream = RandomStream.from(options.seed);
    const uniform = (name: string, shape: number[], range: number) =>
      this.weight(name, shape, stream.split(name).uniform(sizeOf(shape), -range, range));
    const gated = time === 'gated' || time === 'concatSquash';
    // A gate is a layer of its own with one input, and so is the term v t beside it.
    const timeRange = time === 'concat' ? initialRange : Math.min(1, initialRange * Math.sqrt(fanIn));
    this.#activation = activation;
    this.#kernel = uniform('kernel', [inputs, outputs], initialRange);
    this.#bias = uniform('bias', [outputs], initialRange);
    this.#context = contextSize > 0 ? uniform('context', [contextSize, outputs], initialRange) : null;
    this.#time = time === 'concat' || time === 'concatSquash' ? uniform('time', [1, outputs], timeRange) : null;
    this.#gate = gated ? [uniform('gateSlope', [1, outputs], 1), uniform('gateBias', [outputs], 1)] : null;
    this.#config = { inputs, outputs, activation, time, contextSize, initialRange, seed: stream.key };
  }

  /**
   * @param x `[rows, 1 + K, inputs]`
   * @param t `[1, 1]` or `[rows, 1]`
   * @returns `[rows, 1 + K, outputs]`
   */
  apply(x: Tensor, t: Tensor, context: Tensor | null): Tensor {
    return tf.tidy(() => {
      if (!this.#gate) return dualDense(x, this.#kernel, this.#shift(t, context), this.#activation);
      const gate = dense(t, this.#gate[0], this.#gate[1], 'sigmoid');
      return t.shape[0] === 1 ? this.#gatedAtOnce(x, t, context, gate) : this.#gatedByRow(x, t, context, gate);
    });
  }

  override getConfig(): Config {
    return this.#config;
  }

  /** `c C + b + v t` without a gate. */
  #shift(t: Tensor, context: Tensor | null): Tensor {
    if (!this.#time) return this.#constantShift(context);
    const shift = dense(t, this.#time, this.#bias);
    return context && this.#context ? tf.add(tf.matMul(flatContext(context), this.#context), shift) : shift;
  }

  /** `c C + b`, the part of the shift that a gate acts on. */
  #constantShift(context: Tensor | null): Tensor {
    if (context && this.#context) return dense(flatContext(context), this.#context, this.#bias);
    return tf.reshape(this.#bias, [1, this.#bias.size]);
  }

  /** One time for all rows: `φ(x (W ∘ s) + s ∘ (c C + b) + v t)`. */
  #gatedAtOnce(x: Tensor, t: Tensor, context: Tensor | null, gate: Tensor): Tensor {
    const shift = tf.mul(this.#constantShift(context), gate);
    const moved = this.#time ? tf.add(shift, tf.mul(t, this.#time)) : shift;
    return dualDense(x, tf.mul(this.#kernel, gate), moved, this.#activation);
  }

  /** A gate is a constant to derivatives along directions of space; the term `v t` has none. */
  #gatedByRow(x: Tensor, t: Tensor, context: Tensor | null, gate: Tensor): Tensor {
    const [rows, entries] = x.shape as [number, number, number];
    const width = this.#bias.size;
    const u = dualDense(x, this.#kernel, this.#constantShift(context));
    const gated = tf.mul(u, tf.reshape(gate, [rows, 1, width]));
    if (!this.#time) return activateDual(this.#activation, gated);
    const moved = tf.reshape(tf.mul(t, this.#time), [rows, 1, width]);
    if (entries === 1) return activateDual(this.#activation, tf.add(gated, moved));
    const [value, tangents] = tf.split(gated, [1, entries - 1], 1);
    return activateDual(this.#activation, tf.concat([tf.add(value, moved), tangents], 1));
  }
}
