import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config } from '../../module.js';
import { RandomStream, type Seed } from '../../random.js';
import type { Shape } from '../../shapes.js';
import { activate, type ActivationName } from '../activation.js';
import {
  checkActivation,
  checkDropout,
  checkInitialOutput,
  checkInteger,
  checkWidths,
  contextSizeOf,
} from '../check.js';
import { Conditioner } from '../conditioner.js';
import { dropout } from '../dropout.js';
import { checkNormalisation, type NormalisationName } from '../normalisation/normalise.js';
import { checkKernelSizes } from './check-kernel-size.js';
import { checkContextKind, contextLayer, fromContext, type ContextKind, type ContextLayer } from './context-map.js';
import { Conv } from './conv.js';
import type { ConvPadding } from './wrap-around.js';

/** Options of {@link ConvNet}. */
export interface ConvNetOptions {
  /** Channels of the input. */
  readonly inputs: number;
  /** Channels of the output. */
  readonly outputs: number;
  /** Channels of each hidden layer; none for a single convolution. Glow has [512, 512]. */
  readonly hidden: readonly number[];
  /** Size of each filter, one more than there are hidden layers, odd. Default: 3 at both ends and 1 between, [3, 1, 3]. */
  readonly kernelSizes?: readonly number[];
  /** What is around an image: `zeros` (default), or itself again, as on a periodic lattice: `circular`. */
  readonly padding?: ConvPadding;
  /** Default: `relu`. */
  readonly activation?: ActivationName;
  /** Shape of one context; null for none. Default: null. */
  readonly contextShape?: Shape | null;
  /**
   * How the context enters. `vector` (default): flattened. `map`: contexts are images, `[height, width, channels]`, and
   * every pixel sees those of its neighbourhood; where they are larger than the input by a whole factor, as on the coarser
   * levels of a flow, means over blocks of pixels.
   */
  readonly contextAs?: ContextKind;
  /** Probability of dropping a hidden unit while training. Default: 0. */
  readonly dropout?: number;
  /** What is done to filters before they are used. Default: `none`. */
  readonly normalisation?: NormalisationName;
  /** Multiply output channel `c` by `exp(3 · logScaleᶜ)`, trained from 0, as Glow does. Default: false. */
  readonly logScale?: boolean;
  /** What the untrained network emits at every pixel; `outputs` numbers. Default: random weights in the last layer. */
  readonly initialOutput?: readonly number[] | null;
  /** Seed of the initial weights. Default: 0. */
  readonly seed?: Seed;
}

/**
 * Convolutional layers with an activation, and dropout if asked for, after all but the last: the conditioner of Glow
 * (Kingma and Dhariwal, 2018, section 5), `[batch, height, width, inputs]` → `[batch, height, width, outputs]`. Images may
 * have any size.
 *
 * The context enters by a linear layer added to every pixel before the first activation, or to the output where there is
 * none; a context map likewise, by a 3x3 convolution.
 *
 * @example
 * new SpatialCoupling({
 *   eventShape: [16, 16, 12],
 *   transform: new ElementwiseAffine(),
 *   conditioner: (request) => new ConvNet({ ...request, hidden: [64, 64], logScale: true }),
 * });
 */
export class ConvNet extends Conditioner {
  static override readonly className: string = 'ConvNet';
  static override readonly samples: readonly (() => Conditioner)[] = [
    () => new ConvNet({ inputs: 2, outputs: 5, hidden: [8, 6] }),
    () => new ConvNet({ inputs: 3, outputs: 2, hidden: [7], activation: 'tanh', contextShape: [2, 2], logScale: true }),
    () => new ConvNet({ inputs: 2, outputs: 3, hidden: [4, 4], kernelSizes: [1, 5, 1], normalisation: 'weight' }),
    () => new ConvNet({ inputs: 1, outputs: 3, hidden: [4], activation: 'silu', normalisation: 'spectral' }),
    () => new ConvNet({ inputs: 2, outputs: 2, hidden: [4], activation: 'tanh', padding: 'circular' }),
    () => new ConvNet({ inputs: 2, outputs: 3, hidden: [], contextShape: [2] }),
    () =>
      new ConvNet({
        inputs: 1,
        outputs: 2,
        hidden: [4],
        activation: 'tanh',
        contextShape: [6, 8, 2],
        contextAs: 'map',
      }),
  ];

  override readonly inputs: number;
  override readonly outputs: number;
  override readonly contextShape: Shape | null;
  override readonly hiddenWidth: number;
  readonly #hidden: readonly Conv[];
  readonly #contextLayer: ContextLayer | null;
  readonly #output: Conv;
  readonly #activation: ActivationName;
  readonly #dropout: number;
  readonly #config: Config;

  /** @throws FlowConfigError for a size, activation, normalisation, dropout rate or initial output that makes no network. */
  constructor(options: ConvNetOptions) {
    super();
    const { inputs, outputs, hidden, activation = 'relu', contextShape = null, contextAs = 'vector' } = options;
    const { dropout = 0, normalisation = 'none', logScale = false, initialOutput = null, seed = 0 } = options;
    const { padding = 'zeros' } = options;
    checkInteger('ConvNet.inputs', inputs);
    checkInteger('ConvNet.outputs', outputs);
    checkWidths('ConvNet.hidden', hidden);
    const { kernelSizes = hidden.map((_, i) => (i === 0 ? 3 : 1)).concat(3) } = options;
    checkKernelSizes('ConvNet.kernelSizes', kernelSizes, hidden.length + 1);
    const contextSize = contextSizeOf('ConvNet.contextShape', contextShape);
    checkContextKind('ConvNet.contextAs', contextAs);
    checkActivation('ConvNet.activation', activation);
    checkNormalisation('ConvNet.normalisation', normalisation);
    checkDropout('ConvNet.dropout', dropout);
    checkInitialOutput('ConvNet.initialOutput', initialOutput, outputs);

    const stream = RandomStream.from(seed);
    const widths = [inputs, ...hidden];
    this.#hidden = hidden.map((width, i) =>
      this.child(
        `conv${i}`,
        new Conv({
          inputs: widths[i],
          outputs: width,
          kernelSize: kernelSizes[i],
          padding,
          // The context is added to what the first layer makes, before its activation.
          activation: i === 0 && contextSize > 0 ? 'identity' : activation,
          normalisation,
          seed: stream.split(`conv${i}`),
        }),
      ),
    );
    // Nothing at first where it would be seen in the output.
    const contextOptions = {
      outputs: hidden[0] ?? outputs,
      initialOutput: hidden.length === 0 && initialOutput ? initialOutput.map(() => 0) : null,
      seed: stream.split('context'),
    };
    this.#contextLayer = contextShape && this.child('context', contextLayer(contextAs, contextShape, contextOptions));
    this.#output = this.child(
      'output',
      new Conv({
        inputs: widths.at(-1)!,
        outputs,
        kernelSize: kernelSizes.at(-1)!,
        padding,
        initialOutput,
        normalisation,
        logScale,
        seed: stream.split('output'),
      }),
    );
    this.inputs = inputs;
    this.outputs = outputs;
    this.contextShape = contextShape;
    this.hiddenWidth = widths.at(-1)!;
    this.#activation = activation;
    this.#dropout = dropout;
    this.#config = {
      inputs,
      outputs,
      hidden,
      kernelSizes,
      padding,
      activation,
      contextShape,
      contextAs,
      dropout,
      normalisation,
      logScale,
      initialOutput,
      seed: stream.key,
    };
  }

  protected override network(x: Tensor, context: Tensor | null): Tensor {
    const added = this.#contextLayer && context && fromContext(this.#contextLayer, context, x);
    let h = x;
    this.#hidden.forEach((layer, i) => {
      h = layer.apply(h);
      if (i === 0 && added) h = activate(this.#activation, tf.add(h, added));
      h = dropout(h, this.#dropout);
    });
    const y = this.#output.apply(h);
    return this.#hidden.length === 0 && added ? tf.add(y, added) : y;
  }

  override getConfig(): Config {
    return this.#config;
  }
}
