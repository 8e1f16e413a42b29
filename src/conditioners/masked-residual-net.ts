import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config } from '../module.js';
import { RandomStream, type Seed } from '../random.js';
import type { Shape } from '../shapes.js';
import type { ActivationName } from './activation.js';
import { AngleInputs } from './angles.js';
import { checkActivation, checkDropout, checkInitialOutput, checkInteger, contextSizeOf } from './check.js';
import { Conditioner } from './conditioner.js';
import {
  checkDegrees,
  checkOrder,
  featureDegrees,
  hiddenDegrees,
  hiddenMask,
  outputDegrees,
  outputMask,
} from './degrees.js';
import { Dense } from './dense.js';
import { flatContext } from './flat-context.js';
import { ResidualBlock } from './residual-block.js';

/** Options of {@link MaskedResidualNet}. */
export interface MaskedResidualNetOptions {
  /** Number of features. */
  readonly features: number;
  /** Outputs for each feature. */
  readonly parametersPerFeature: number;
  /** Width of every hidden layer. Narrow ones (below `features` units) let late features see only the first ones. */
  readonly hidden: number;
  /** Number of residual blocks, two layers each. Default: 2. */
  readonly blocks?: number;
  /** Default: `relu`. */
  readonly activation?: ActivationName;
  /** Shape of one context, flattened, seen by every output and gating every block; null for none. Default: null. */
  readonly contextShape?: Shape | null;
  /** The features from first to last; outputs of a feature depend on those before it. Default: 0 ... features - 1. */
  readonly order?: readonly number[];
  /**
   * Degree of each hidden unit: one of degree `d` may see the first `d` features in `order`, and is seen by those after
   * them. From 0 to features - 1. Default: spread evenly, in ascending order.
   */
  readonly degrees?: readonly number[] | null;
  /** Features that are angles in radians, which the network sees as cosine and sine. Default: none. */
  readonly circular?: readonly number[];
  /** Probability of dropping a unit inside a block while training. Default: 0. */
  readonly dropout?: number;
  /** What the untrained network emits for every input; `outputs` numbers. Default: random weights in the last layer. */
  readonly initialOutput?: readonly number[] | null;
  /** Seed of the initial weights. Default: 0. */
  readonly seed?: Seed;
}

/**
 * ResMADE: a residual network whose masks let the outputs of each feature depend only on the features before it in
 * `order` (Durkan and Nash, "Autoregressive energy machines", 2019). Hidden units keep their degree through every block,
 * which makes the skip connections legal. Outputs are feature-major: all parameters of feature 0, all of feature 1, ....
 *
 * The context enters by an unmasked linear layer added to the first one, and gates every block.
 */
export class MaskedResidualNet extends Conditioner {
  static override readonly className: string = 'MaskedResidualNet';
  static override readonly samples: readonly (() => Conditioner)[] = [
    () => new MaskedResidualNet({ features: 3, parametersPerFeature: 2, hidden: 8, order: [1, 2, 0] }),
    () => new MaskedResidualNet({ features: 2, parametersPerFeature: 3, hidden: 6, blocks: 1, contextShape: [3] }),
    () => new MaskedResidualNet({ features: 2, parametersPerFeature: 2, hidden: 6, blocks: 1, circular: [0] }),
    () => new MaskedResidualNet({ features: 3, parametersPerFeature: 2, hidden: 4, blocks: 1, degrees: [1, 2, 1, 2] }),
  ];

  /** Coordinates that it reads. */
  readonly features: number;
  /** Numbers that it emits for each of them. */
  readonly parametersPerFeature: number;
  /** The features from first to last. */
  readonly order: readonly number[];
  override readonly inputs: number;
  override readonly outputs: number;
  override readonly contextShape: Shape | null;
  override readonly hiddenWidth: number;
  override readonly circular: readonly number[];
  readonly #angles: AngleInputs;
  readonly #entry: Dense;
  readonly #contextLayer: Dense | null;
  readonly #blocks: readonly ResidualBlock[];
  readonly #output: Dense;
  readonly #config: Config;

  /** @throws FlowConfigError for a size, order, activation, dropout rate or initial output that makes no network. */
  constructor(options: MaskedResidualNetOptions) {
    super();
    const { features, parametersPerFeature, hidden, blocks = 2, activation = 'relu', contextShape = null } = options;
    const { dropout = 0, initialOutput = null, degrees = null, seed = 0 } = options;
    checkInteger('MaskedResidualNet.features', features);
    checkInteger('MaskedResidualNet.parametersPerFeature', parametersPerFeature);
    checkInteger('MaskedResidualNet.hidden', hidden);
    checkInteger('MaskedResidualNet.blocks', blocks, 0);
    const contextSize = contextSizeOf('MaskedResidualNet.contextShape', contextShape);
    const { order = Array.from({ length: features }, (_, i) => i) } = options;
    checkOrder('MaskedResidualNet.order', order, features);
    if (degrees) checkDegrees('MaskedResidualNet.degrees', [degrees], [hidden], features);
    checkActivation('MaskedResidualNet.activation', activation);
    checkDropout('MaskedResidualNet.dropout', dropout);
    const outputs = features * parametersPerFeature;
    checkInitialOutput('MaskedResidualNet.initialOutput', initialOutput, outputs);
    const angles = new AngleInputs('MaskedResidualNet', features, options.circular);

    const stream = RandomStream.from(seed);
    const inputs = featureDegrees(order);
    const inner = degrees ?? hiddenDegrees(hidden, features, contextSize > 0);
    this.#entry = this.child(
      'entry',
      new Dense({
        inputs: angles.width,
        outputs: hidden,
        mask: hiddenMask(angles.degrees(inputs), inner),
        seed: stream.split('entry'),
      }),
    );
    const contextLayer = { inputs: contextSize, outputs: hidden, seed: stream.split('context') };
    this.#contextLayer = contextSize > 0 ? this.child('context', new Dense(contextLayer)) : null;
    const block = { width: hidden, activation, contextSize, dropout, mask: hiddenMask(inner, inner) };
    this.#blocks = Array.from({ length: blocks }, (_, i) =>
      this.child(`block${i}`, new ResidualBlock({ ...block, seed: stream.split(`block${i}`) })),
    );
    this.#output = this.child(
      'output',
      new Dense({
        inputs: hidden,
        outputs,
        mask: outputMask(inner, outputDegrees(inputs, parametersPerFeature)),
        initialOutput,
        seed: stream.split('output'),
      }),
    );
    this.features = features;
    this.parametersPerFeature = parametersPerFeature;
    this.order = order;
    this.inputs = features;
    this.outputs = outputs;
    this.contextShape = contextShape;
    this.hiddenWidth = hidden;
    this.circular = angles.circular;
    this.#angles = angles;
    this.#config = {
      features,
      parametersPerFeature,
      hidden,
      blocks,
      activation,
      contextShape,
      order,
      degrees,
      circular: options.circular,
      dropout,
      initialOutput,
      seed: stream.key,
    };
  }

  protected override network(x: Tensor, context: Tensor | null): Tensor {
    const seen = this.#entry.apply(this.#angles.embed(x));
    const entry = this.#contextLayer && context ? tf.add(seen, this.#contextLayer.apply(flatContext(context))) : seen;
    return this.#output.apply(this.#blocks.reduce((h, block) => block.apply(h, context), entry));
  }

  override getConfig(): Config {
    return this.#config;
  }
}
