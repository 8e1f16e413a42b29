import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import type { Config } from '../module.js';
import { RandomStream, type Seed } from '../random.js';
import type { Shape } from '../shapes.js';
import { activate, type ActivationName } from './activation.js';
import {
  checkActivation,
  checkDropout,
  checkInitialOutput,
  checkInteger,
  checkWidths,
  contextSizeOf,
} from './check.js';
import { AngleInputs } from './angles.js';
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
import { dropout } from './dropout.js';
import { flatContext } from './flat-context.js';

/** Options of {@link MaskedMLP}. */
export interface MaskedMLPOptions {
  /** Number of features. */
  readonly features: number;
  /** Outputs for each feature. */
  readonly parametersPerFeature: number;
  /** Width of each hidden layer; at least one. Narrow layers (below `features` units) let late features see only the first ones. */
  readonly hidden: readonly number[];
  /** Default: `relu`. */
  readonly activation?: ActivationName;
  /** Shape of one context, flattened and seen by every output; null for none. Default: null. */
  readonly contextShape?: Shape | null;
  /** The features from first to last; outputs of a feature depend on those before it. Default: 0 ... features - 1. */
  readonly order?: readonly number[];
  /**
   * Degree of each hidden unit, a list for each layer: a unit of degree `d` may see the first `d` features in `order`, and
   * is seen by those after them. From 0 to features - 1. Default: spread evenly, in ascending order.
   */
  readonly degrees?: readonly (readonly number[])[] | null;
  /** Features that are angles in radians, which the network sees as cosine and sine. Default: none. */
  readonly circular?: readonly number[];
  /** Probability of dropping a hidden unit while training. Default: 0. */
  readonly dropout?: number;
  /** What the untrained network emits for every input; `outputs` numbers. Default: random weights in the last layer. */
  readonly initialOutput?: readonly number[] | null;
  /** Seed of the initial weights. Default: 0. */
  readonly seed?: Seed;
}

/**
 * MADE: a perceptron whose masks let the outputs of each feature depend only on the features before it in `order`
 * (Germain et al., 2015). Outputs are feature-major: all parameters of feature 0, all of feature 1, ....
 *
 * The context enters by an unmasked linear layer added before the first activation.
 */
export class MaskedMLP extends Conditioner {
  static override readonly className: string = 'MaskedMLP';
  static override readonly samples: readonly (() => Conditioner)[] = [
    () => new MaskedMLP({ features: 3, parametersPerFeature: 2, hidden: [8, 6], order: [2, 0, 1] }),
    () => new MaskedMLP({ features: 2, parametersPerFeature: 3, hidden: [7], activation: 'tanh', contextShape: [2] }),
    () => new MaskedMLP({ features: 3, parametersPerFeature: 2, hidden: [8], circular: [2, 0], order: [1, 2, 0] }),
    () => new MaskedMLP({ features: 3, parametersPerFeature: 2, hidden: [5, 4], degrees: [[1, 2, 1, 2, 0], [2, 1, 2, 1]] }), // prettier-ignore
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
  readonly #hidden: readonly Dense[];
  readonly #contextLayer: Dense | null;
  readonly #output: Dense;
  readonly #activation: ActivationName;
  readonly #dropout: number;
  readonly #config: Config;

  /** @throws FlowConfigError for a size, order, activation, dropout rate or initial output that makes no network. */
  constructor(options: MaskedMLPOptions) {
    super();
    const { features, parametersPerFeature, hidden, activation = 'relu', contextShape = null } = options;
    const { dropout = 0, initialOutput = null, degrees: given = null, seed = 0 } = options;
    checkInteger('MaskedMLP.features', features);
    checkInteger('MaskedMLP.parametersPerFeature', parametersPerFeature);
    checkWidths('MaskedMLP.hidden', hidden);
    if (hidden.length === 0) {
      throw new FlowConfigError('MaskedMLP.hidden', { expected: 'at least one layer width', got: 'none' });
    }
    const contextSize = contextSizeOf('MaskedMLP.contextShape', contextShape);
    const { order = Array.from({ length: features }, (_, i) => i) } = options;
    checkOrder('MaskedMLP.order', order, features);
    if (given) checkDegrees('MaskedMLP.degrees', given, hidden, features);
    checkActivation('MaskedMLP.activation', activation);
    checkDropout('MaskedMLP.dropout', dropout);
    const outputs = features * parametersPerFeature;
    checkInitialOutput('MaskedMLP.initialOutput', initialOutput, outputs);
    const angles = new AngleInputs('MaskedMLP', features, options.circular);

    const stream = RandomStream.from(seed);
    const widths = [angles.width, ...hidden];
    const inputDegrees = featureDegrees(order);
    const degrees = [
      angles.degrees(inputDegrees),
      ...(given ?? hidden.map((width) => hiddenDegrees(width, features, contextSize > 0))),
    ];
    this.#hidden = hidden.map((width, i) =>
      this.child(
        `dense${i}`,
        new Dense({
          inputs: widths[i],
          outputs: width,
          mask: hiddenMask(degrees[i], degrees[i + 1]),
          // The context is added to what the first layer makes, before its activation.
          activation: i === 0 && contextSize > 0 ? 'identity' : activation,
          seed: stream.split(`dense${i}`),
        }),
      ),
    );
    const contextLayer = { inputs: contextSize, outputs: hidden[0], seed: stream.split('context') };
    this.#contextLayer = contextSize > 0 ? this.child('context', new Dense(contextLayer)) : null;
    this.#output = this.child(
      'output',
      new Dense({
        inputs: widths.at(-1)!,
        outputs,
        mask: outputMask(degrees.at(-1)!, outputDegrees(inputDegrees, parametersPerFeature)),
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
    this.hiddenWidth = widths.at(-1)!;
    this.circular = angles.circular;
    this.#angles = angles;
    this.#activation = activation;
    this.#dropout = dropout;
    this.#config = {
      features,
      parametersPerFeature,
      hidden,
      activation,
      contextShape,
      order,
      degrees: given,
      circular: options.circular,
      dropout,
      initialOutput,
      seed: stream.key,
    };
  }

  protected override network(x: Tensor, context: Tensor | null): Tensor {
    let h = this.#angles.embed(x);
    this.#hidden.forEach((layer, i) => {
      h = layer.apply(h);
      if (i === 0 && this.#contextLayer && context) {
        h = activate(this.#activation, tf.add(h, this.#contextLayer.apply(flatContext(context))));
      }
      h = dropout(h, this.#dropout);
    });
    return this.#output.apply(h);
  }

  override getConfig(): Config {
    return this.#config;
  }
}
