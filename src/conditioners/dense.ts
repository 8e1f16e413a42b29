import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import { dense } from '../kernels/dense/op.js';
import { Module, type Config } from '../module.js';
import { RandomStream, type Seed } from '../random.js';
import type { ActivationName } from './activation.js';
import { checkActivation, checkInitialOutput, checkInitialRange, checkInteger } from './check.js';

/** Options of {@link Dense}. */
export interface DenseOptions {
  /** Entries of one input row. */
  readonly inputs: number;
  /** Entries of one output row. */
  readonly outputs: number;
  /** Default: `identity`. */
  readonly activation?: ActivationName;
  /** Kernel and bias start uniform in ±`initialRange`. Default: `1 / √inputs`. */
  readonly initialRange?: number;
  /** Start with a zero kernel and this bias instead, so that the layer emits it for every input. */
  readonly initialOutput?: readonly number[] | null;
  /** Constant factors of the kernel, row-major `[inputs, outputs]`; zero removes a connection. Default: none. */
  readonly mask?: ArrayLike<number> | null;
  /** Seed of the initial weights. Default: 0. */
  readonly seed?: Seed;
}

/** One fully connected layer, `activation(x (kernel ∘ mask) + bias)`, from `[batch, inputs]` to `[batch, outputs]`. */
export class Dense extends Module {
  static override readonly className: string = 'Dense';

  /** Entries of a row that is read. */
  readonly inputs: number;
  /** Entries of a row that is emitted. */
  readonly outputs: number;
  readonly #activation: ActivationName;
  readonly #kernel: Variable;
  readonly #bias: Variable;
  readonly #mask: Tensor | null;
  readonly #config: Config;

  /** @throws FlowConfigError for a size that is no positive integer, or a mask or bias of another length. */
  constructor(options: DenseOptions) {
    super();
    const { inputs, outputs, activation = 'identity', initialOutput = null, mask = null, seed = 0 } = options;
    checkInteger(`${this.className}.inputs`, inputs);
    checkInteger(`${this.className}.outputs`, outputs);
    checkActivation(`${this.className}.activation`, activation);
    checkInitialOutput(`${this.className}.initialOutput`, initialOutput, outputs);
    const { initialRange = 1 / Math.sqrt(inputs) } = options;
    checkInitialRange(`${this.className}.initialRange`, initialRange);
    const size = inputs * outputs;
    if (mask && mask.length !== size) {
      throw new FlowConfigError(`${this.className}.mask`, { expected: `${size} numbers`, got: `${mask.length}` });
    }

    const stream = RandomStream.from(seed);
    const uniform = (name: string, count: number) => stream.split(name).uniform(count, -initialRange, initialRange);
    const kernel = initialOutput ? new Float32Array(size) : uniform('kernel', size);
    const bias = initialOutput ? [...initialOutput] : uniform('bias', outputs);

    this.inputs = inputs;
    this.outputs = outputs;
    this.#activation = activation;
    this.#kernel = this.weight('kernel', [inputs, outputs], kernel);
    this.#bias = this.weight('bias', [outputs], bias);
    this.#mask = mask && this.constant('mask', tf.tensor(Float32Array.from(mask), [inputs, outputs]));
    this.#config = { inputs, outputs, activation, initialRange, initialOutput, mask, seed: stream.key };
  }

  /** `[batch, inputs]` → `[batch, outputs]`. */
  apply(x: Tensor): Tensor {
    return tf.tidy(() => dense(x, this.#kernel, this.#bias, this.#activation, this.#mask));
  }

  override getConfig(): Config {
    return this.#config;
  }
}
