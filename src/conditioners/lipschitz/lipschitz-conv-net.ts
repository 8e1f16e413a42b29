import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../../errors.js';
import type { Config } from '../../module.js';
import { RandomStream, type Seed } from '../../random.js';
import { formatShape, type Shape } from '../../shapes.js';
import { checkInteger, checkWidths, contextSizeOf } from '../check.js';
import { checkKernelSizes } from '../convolutional/check-kernel-size.js';
import { perChannel } from '../convolutional/per-channel.js';
import { Dense } from '../dense.js';
import { checkLipschitz, checkStart, type LipschitzStart } from './check.js';
import { LayeredMap } from './layered-map.js';
import { checkLipschitzActivation, LipschitzActivation, type LipschitzActivationName } from './lipschitz-activation.js';
import { LipschitzConv } from './lipschitz-conv.js';
import { LipschitzNetwork, type LipschitzMap } from './lipschitz-network.js';

/** Options of {@link LipschitzConvNet}. */
export interface LipschitzConvNetOptions {
  /** Shape of one image, `[height, width, channels]`. */
  readonly eventShape: Shape;
  /** Channels of each hidden layer. Default: [32, 32]. */
  readonly hidden?: readonly number[];
  /** Size of each filter, one more than there are hidden layers, odd. Default: 3 at both ends and 1 between. */
  readonly kernelSizes?: readonly number[];
  /** Default: `lipSwish`. It should be smooth: the slopes of others jump, and the density with them. */
  readonly activation?: LipschitzActivationName;
  /** Bound of the Lipschitz constant of the whole network, below 1. Default: 0.98. */
  readonly lipschitz?: number;
  /** Shape of one context, flattened; null for none. Default: null. */
  readonly contextShape?: Shape | null;
  /** How the last layer starts: at `zero`, so that the network emits zero, or at `random`. Default: `zero`. */
  readonly initialOutput?: LipschitzStart;
  /** Seed of the initial weights. Default: 0. */
  readonly seed?: Seed;
}

/**
 * Convolutions from images to images of the same shape with a Lipschitz constant of at most `lipschitz`: each of `n` filters
 * is shrunk until its convolution, as a map of images, has a spectral norm of at most `lipschitz^(1/n)`, and activations have
 * slopes of at most 1. Norms are bounded from above, so the constant holds at every moment, whatever the weights.
 *
 * The context is added to every pixel of the first layer, through a kernel that nothing bounds.
 *
 * Source: Chen et al., "Residual flows for invertible generative modeling", 2019.
 */
export class LipschitzConvNet extends LipschitzNetwork {
  static override readonly className: string = 'LipschitzConvNet';
  static override readonly samples: readonly (() => LipschitzConvNet)[] = [
    () => new LipschitzConvNet({ eventShape: [3, 4, 2], hidden: [5, 4], initialOutput: 'random' }),
    () =>
      new LipschitzConvNet({
        eventShape: [3, 4, 1],
        hidden: [4],
        kernelSizes: [1, 5],
        activation: 'softplus',
        contextShape: [2],
        initialOutput: 'random',
      }),
  ];

  override readonly eventShape: Shape;
  override readonly lipschitz: number;
  override readonly inputs: number;
  override readonly outputs: number;
  override readonly contextShape: Shape | null;
  override readonly hiddenWidth: number;
  readonly #layers: readonly LipschitzConv[];
  readonly #activations: readonly LipschitzActivation[];
  readonly #contextLayer: Dense | null;
  readonly #config: Config;

  /** @throws FlowConfigError for a size, activation, Lipschitz constant or start that makes no contraction. */
  constructor(options: LipschitzConvNetOptions) {
    super();
    const { eventShape, hidden = [32, 32], activation = 'lipSwish', lipschitz = 0.98 } = options;
    const { contextShape = null, initialOutput = 'zero', seed = 0 } = options;
    const channels = channelsOf(eventShape);
    checkWidths('LipschitzConvNet.hidden', hidden);
    const { kernelSizes = hidden.map((_, i) => (i === 0 ? 3 : 1)).concat(3) } = options;
    checkKernelSizes('LipschitzConvNet.kernelSizes', kernelSizes, hidden.length + 1);
    checkLipschitzActivation('LipschitzConvNet.activation', activation);
    checkLipschitz('LipschitzConvNet.lipschitz', lipschitz);
    checkStart('LipschitzConvNet.initialOutput', initialOutput);
    const contextSize = contextSizeOf('LipschitzConvNet.contextShape', contextShape);

    const stream = RandomStream.from(seed);
    const widths = [channels, ...hidden, channels];
    const bound = lipschitz ** (1 / (hidden.length + 1));
    this.#layers = widths.slice(1).map((outputs, i) => {
      const last = i === hidden.length;
      const name = last ? 'output' : `conv${i}`;
      const zero = last && initialOutput === 'zero';
      const layer = { inputs: widths[i], outputs, kernelSize: kernelSizes[i], bound, zero, stream: stream.split(name) };
      return this.child(name, new LipschitzConv(layer));
    });
    this.#activations = hidden.map((_, i) => this.child(`activation${i}`, new LipschitzActivation(activation)));
    const contextLayer = {
      inputs: contextSize,
      outputs: widths[1],
      // Nothing at first where it would be seen in the output.
      initialOutput: hidden.length === 0 && initialOutput === 'zero' ? Array<number>(channels).fill(0) : null,
      seed: stream.split('context'),
    };
    this.#contextLayer = contextSize > 0 ? this.child('context', new Dense(contextLayer)) : null;
    this.eventShape = eventShape;
    this.lipschitz = lipschitz;
    this.inputs = channels;
    this.outputs = channels;
    this.contextShape = contextShape;
    this.hiddenWidth = widths.at(-2)!;
    this.#config = { eventShape, hidden, kernelSizes, activation, lipschitz, contextShape, initialOutput, seed: stream.key }; // prettier-ignore
  }

  override bind(context: Tensor | null): LipschitzMap {
    const shift = this.#contextLayer && context ? perChannel(this.#contextLayer, context) : null;
    const layers = this.#layers.map((layer, l) => layer.bind(l === 0 ? shift : null));
    return new LayeredMap(layers, this.#activations);
  }

  override getConfig(): Config {
    return this.#config;
  }
}

function channelsOf(eventShape: Shape): number {
  if (!Array.isArray(eventShape) || eventShape.length !== 3) {
    throw new FlowConfigError('LipschitzConvNet.eventShape', {
      expected: '[height, width, channels]',
      got: Array.isArray(eventShape) ? formatShape(eventShape) : String(eventShape),
    });
  }
  eventShape.forEach((length: number, axis) => checkInteger(`LipschitzConvNet.eventShape[${axis}]`, length));
  return eventShape[2] as number;
}
