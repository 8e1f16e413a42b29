import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config } from '../../module.js';
import { RandomStream, type Seed } from '../../random.js';
import type { Shape } from '../../shapes.js';
import type { ActivationName } from '../activation.js';
import { checkActivation, checkDropout, checkInitialOutput, checkInteger, contextSizeOf } from '../check.js';
import { Conditioner } from '../conditioner.js';
import { checkNormalisation, NORMALISATION_NAMES } from '../normalisation/normalise.js';
import { checkKernelSize } from './check-kernel-size.js';
import { checkContextKind, contextLayer, fromContext, type ContextKind, type ContextLayer } from './context-map.js';
import { Conv } from './conv.js';
import { ResidualConvBlock, type ResidualNormalisationName } from './residual-conv-block.js';

/** Options of {@link ResidualConvNet}. */
export interface ResidualConvNetOptions {
  /** Channels of the input. */
  readonly inputs: number;
  /** Channels of the output. */
  readonly outputs: number;
  /** Channels of every hidden layer. */
  readonly hidden: number;
  /** Number of residual blocks, two layers each. Default: 2. */
  readonly blocks?: number;
  /** Height and width of the filters in the blocks, an odd number. Default: 3. */
  readonly kernelSize?: number;
  /** Default: `relu`. */
  readonly activation?: ActivationName;
  /** Shape of one context, which is added to every pixel and gates every block; null for none. Default: null. */
  readonly contextShape?: Shape | null;
  /**
   * How the context enters. `vector` (default): flattened. `map`: contexts are images, `[height, width, channels]`, and
   * every pixel sees those of its neighbourhood; where they are larger than the input by a whole factor, as on the coarser
   * levels of a flow, means over blocks of pixels.
   */
  readonly contextAs?: ContextKind;
  /** Probability of dropping a unit inside a block while training. Default: 0. */
  readonly dropout?: number;
  /** How deep networks are kept trainable: normalised filters, or the start of Fixup. Default: `none`. */
  readonly normalisation?: ResidualNormalisationName;
  /**
   * What the untrained network emits at every pixel; `outputs` numbers. Default: random weights in the last layer, or zero
   * with `fixup`.
   */
  readonly initialOutput?: readonly number[] | null;
  /** Seed of the initial weights. Default: 0. */
  readonly seed?: Seed;
}

/**
 * A 1x1 convolution, pre-activation residual blocks of 3x3 convolutions, a 1x1 convolution: the conditioner of Neural
 * Spline Flows on images (Durkan et al., 2019, appendix B), `[batch, height, width, inputs]` → `[batch, height, width,
 * outputs]`. Images may have any size.
 *
 * The paper has batch normalisation in the blocks, this has none: the density of an image would depend on the others in its
 * batch while training, and on running means afterwards, so that the flow that is evaluated is not the one that was
 * trained, and its two directions agree only where both use the same statistics. `normalisation: 'fixup'` trains networks
 * as deep without it (Zhang, Dauphin and Ma, "Fixup initialization", 2019); `weight` is what RealNVP has.
 */
export class ResidualConvNet extends Conditioner {
  static override readonly className: string = 'ResidualConvNet';
  static override readonly samples: readonly (() => Conditioner)[] = [
    () => new ResidualConvNet({ inputs: 2, outputs: 5, hidden: 6 }),
    () => new ResidualConvNet({ inputs: 3, outputs: 2, hidden: 5, blocks: 1, activation: 'silu', contextShape: [2] }),
    () => new ResidualConvNet({ inputs: 1, outputs: 2, hidden: 4, normalisation: 'fixup', contextShape: [3] }),
    () => new ResidualConvNet({ inputs: 1, outputs: 2, hidden: 4, kernelSize: 5, normalisation: 'weight' }),
    () => new ResidualConvNet({ inputs: 2, outputs: 2, hidden: 4, blocks: 1, normalisation: 'spectral' }),
    () => new ResidualConvNet({ inputs: 1, outputs: 2, hidden: 4, blocks: 1, activation: 'silu', contextShape: [3, 4, 1], contextAs: 'map' }), // prettier-ignore
  ];

  override readonly inputs: number;
  override readonly outputs: number;
  override readonly contextShape: Shape | null;
  override readonly hiddenWidth: number;
  readonly #entry: Conv;
  readonly #contextLayer: ContextLayer | null;
  readonly #blocks: readonly ResidualConvBlock[];
  readonly #output: Conv;
  readonly #config: Config;

  /** @throws FlowConfigError for a size, activation, normalisation, dropout rate or initial output that makes no network. */
  constructor(options: ResidualConvNetOptions) {
    super();
    const { inputs, outputs, hidden, blocks = 2, kernelSize = 3, activation = 'relu', contextShape = null } = options;
    const { contextAs = 'vector', dropout = 0, normalisation = 'none', initialOutput = null, seed = 0 } = options;
    checkInteger('ResidualConvNet.inputs', inputs);
    checkInteger('ResidualConvNet.outputs', outputs);
    checkInteger('ResidualConvNet.hidden', hidden);
    checkInteger('ResidualConvNet.blocks', blocks, 0);
    checkKernelSize('ResidualConvNet.kernelSize', kernelSize);
    contextSizeOf('ResidualConvNet.contextShape', contextShape);
    checkContextKind('ResidualConvNet.contextAs', contextAs);
    checkActivation('ResidualConvNet.activation', activation);
    checkDropout('ResidualConvNet.dropout', dropout);
    checkNormalisation('ResidualConvNet.normalisation', normalisation, [...NORMALISATION_NAMES, 'fixup']);
    checkInitialOutput('ResidualConvNet.initialOutput', initialOutput, outputs);

    const stream = RandomStream.from(seed);
    const fixup = normalisation === 'fixup';
    const ends = { kernelSize: 1, normalisation: fixup ? ('none' as const) : normalisation };
    this.#entry = this.child('entry', new Conv({ ...ends, inputs, outputs: hidden, seed: stream.split('entry') }));
    const contextOptions = { outputs: hidden, seed: stream.split('context') };
    this.#contextLayer = contextShape && this.child('context', contextLayer(contextAs, contextShape, contextOptions));
    const block = { width: hidden, kernelSize, activation, contextShape, contextAs, dropout, normalisation, blocks };
    this.#blocks = Array.from({ length: blocks }, (_, i) =>
      this.child(`block${i}`, new ResidualConvBlock({ ...block, seed: stream.split(`block${i}`) })),
    );
    this.#output = this.child(
      'output',
      new Conv({
        ...ends,
        inputs: hidden,
        outputs,
        initialOutput: initialOutput ?? (fixup ? Array<number>(outputs).fill(0) : null),
        seed: stream.split('output'),
      }),
    );
    this.inputs = inputs;
    this.outputs = outputs;
    this.contextShape = contextShape;
    this.hiddenWidth = hidden;
    this.#config = {
      inputs,
      outputs,
      hidden,
      blocks,
      kernelSize,
      activation,
      contextShape,
      contextAs,
      dropout,
      normalisation,
      initialOutput,
      seed: stream.key,
    };
  }

  protected override network(x: Tensor, context: Tensor | null): Tensor {
    const seen = this.#entry.apply(x);
    const entry = this.#contextLayer && context ? tf.add(seen, fromContext(this.#contextLayer, context, x)) : seen;
    return this.#output.apply(this.#blocks.reduce((h, block) => block.apply(h, context), entry));
  }

  override getConfig(): Config {
    return this.#config;
  }
}
