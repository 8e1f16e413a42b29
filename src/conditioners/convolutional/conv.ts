import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { convolution } from '../../kernels/convolution/op.js';
import { Module, type Config } from '../../module.js';
import { RandomStream, type Seed } from '../../random.js';
import type { ActivationName } from '../activation.js';
import { checkActivation, checkInitialOutput, checkInitialRange, checkInteger } from '../check.js';
import { checkNormalisation, normalise, type NormalisationName } from '../normalisation/normalise.js';
import { checkKernelSize } from './check-kernel-size.js';
import { checkPadding, wrapAround, type ConvPadding } from './wrap-around.js';

/** Options of {@link Conv}. */
export interface ConvOptions {
  /** Channels of the input. */
  readonly inputs: number;
  /** Channels of the output. */
  readonly outputs: number;
  /** Height and width of the filter, an odd number. Default: 3. */
  readonly kernelSize?: number;
  /** What is around the image: `zeros` (default), or itself again, as on a periodic lattice: `circular`. */
  readonly padding?: ConvPadding;
  /** Default: `identity`. */
  readonly activation?: ActivationName;
  /** Filter and bias start uniform in ±`initialRange`. Default: `1 / √(kernelSize² · inputs)`. */
  readonly initialRange?: number;
  /** Start with a zero filter and this bias instead, so that the layer emits it everywhere, for every input. */
  readonly initialOutput?: readonly number[] | null;
  /** What is done to the filter before it is used. Default: `none`. */
  readonly normalisation?: NormalisationName;
  /** Multiply output channel `c` by `exp(3 · logScaleᶜ)`, trained from 0: the last layer of Glow. Default: false. */
  readonly logScale?: boolean;
  /** Seed of the initial weights. Default: 0. */
  readonly seed?: Seed;
}

const NO_PADDING = { top: 0, bottom: 0, left: 0, right: 0 };

/** Factor of `logScale`, which trains it three times as fast (Kingma and Dhariwal, "Glow", 2018, in their code). */
const LOG_SCALE_FACTOR = 3;

/**
 * One convolutional layer, `activation((x ∗ filter + bias) ⊙ exp(3 logScale))`, from `[batch, height, width, inputs]` to
 * `[batch, height, width, outputs]`, with stride 1 and zeros around the image. With circular padding it commutes with all
 * translations of a periodic lattice.
 *
 * With weight normalisation it starts as it would without: the lengths are those of its random filter.
 * Spectral normalisation bounds the filter as a matrix from its `kernelSize² · inputs` entries to the outputs (Miyato et
 * al., 2018), so that the layer has a Lipschitz constant of at most `kernelSize`.
 */
export class Conv extends Module {
  static override readonly className: string = 'Conv';

  /** Channels that are read. */
  readonly inputs: number;
  /** Channels that are emitted. */
  readonly outputs: number;
  readonly #padding: ConvPadding;
  readonly #activation: ActivationName;
  readonly #normalisation: NormalisationName;
  readonly #filter: Variable;
  readonly #gain: Variable | null;
  readonly #bias: Variable;
  readonly #logScale: Variable | null;
  readonly #config: Config;

  /** @throws FlowConfigError for a size, activation, normalisation, range or initial output that makes no layer. */
  constructor(options: ConvOptions) {
    super();
    const { inputs, outputs, kernelSize = 3, activation = 'identity', initialOutput = null } = options;
    const { normalisation = 'none', logScale = false, padding = 'zeros', seed = 0 } = options;
    checkInteger('Conv.inputs', inputs);
    checkInteger('Conv.outputs', outputs);
    checkKernelSize('Conv.kernelSize', kernelSize);
    checkPadding('Conv.padding', padding);
    checkActivation('Conv.activation', activation);
    checkNormalisation('Conv.normalisation', normalisation);
    checkInitialOutput('Conv.initialOutput', initialOutput, outputs);
    const fanIn = kernelSize ** 2 * inputs;
    const usualRange = 1 / Math.sqrt(fanIn);
    const { initialRange = usualRange } = options;
    checkInitialRange('Conv.initialRange', initialRange);

    const stream = RandomStream.from(seed);
    const uniform = (name: string, count: number, range: number) => stream.split(name).uniform(count, -range, range);
    const range = initialOutput ? 0 : initialRange;
    // A direction must not be zero, however short the vector is.
    const filter = uniform('filter', fanIn * outputs, normalisation === 'weight' ? usualRange : range);

    this.inputs = inputs;
    this.outputs = outputs;
    this.#padding = padding;
    this.#activation = activation;
    this.#normalisation = normalisation;
    this.#filter = this.weight('filter', [kernelSize, kernelSize, inputs, outputs], filter);
    this.#gain =
      normalisation === 'weight' ? this.weight('gain', [outputs], lengths(filter, outputs, range / usualRange)) : null;
    this.#bias = this.weight('bias', [outputs], initialOutput ? [...initialOutput] : uniform('bias', outputs, range));
    this.#logScale = logScale ? this.weight('logScale', [outputs], new Float32Array(outputs)) : null;
    this.#config = {
      inputs,
      outputs,
      kernelSize,
      padding,
      activation,
      initialRange,
      initialOutput,
      normalisation,
      logScale,
      seed: stream.key,
    };
  }

  /** `[batch, height, width, inputs]` → `[batch, height, width, outputs]`. */
  apply(x: Tensor): Tensor {
    return tf.tidy(() => {
      const filter = normalise(this.#normalisation, this.#filter, this.#gain);
      if (!this.#logScale) return this.convolve(x, filter, this.#bias);
      // Filter and bias are smaller than the image.
      const factor = tf.exp(tf.mul(this.#logScale, LOG_SCALE_FACTOR));
      return this.convolve(x, tf.mul(filter, factor), tf.mul(this.#bias, factor));
    });
  }

  override getConfig(): Config {
    return this.#config;
  }

  private convolve(x: Tensor, filter: Tensor, bias: Tensor): Tensor {
    if (this.#padding === 'zeros') return convolution(x, filter, bias, this.#activation);
    const wrapped = wrapAround(x, (filter.shape[0] - 1) / 2);
    return convolution(wrapped, filter, bias, this.#activation, NO_PADDING);
  }
}

/** Lengths of the weights of each output, row-major `[inputs, outputs]`, times a factor. */
function lengths(kernel: Float32Array, outputs: number, factor: number): Float32Array {
  const squares = new Float64Array(outputs);
  kernel.forEach((value, i) => (squares[i % outputs] += value * value));
  return Float32Array.from(squares, (square) => factor * Math.sqrt(square));
}
