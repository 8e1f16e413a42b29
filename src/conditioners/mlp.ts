import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config } from '../module.js';
import { RandomStream, type Seed } from '../random.js';
import type { Shape } from '../shapes.js';
import type { ActivationName } from './activation.js';
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
import { Dense } from './dense.js';
import { dropout } from './dropout.js';
import { withContext } from './flat-context.js';

/** Options of {@link MLP}. */
export interface MLPOptions {
  /** Entries of one input row; may be 0 when there is a context. */
  readonly inputs: number;
  /** Entries of one output row. */
  readonly outputs: number;
  /** Width of each hidden layer. */
  readonly hidden: readonly number[];
  /** Default: `relu`. */
  readonly activation?: ActivationName;
  /** Shape of one context, flattened and appended to the input; null for none. Default: null. */
  readonly contextShape?: Shape | null;
  /** Inputs that are angles in radians, which the network sees as cosine and sine. Default: none. */
  readonly circular?: readonly number[];
  /** Probability of dropping a hidden unit while training. Default: 0. */
  readonly dropout?: number;
  /** What the untrained network emits for every input; `outputs` numbers. Default: random weights in the last layer. */
  readonly initialOutput?: readonly number[] | null;
  /** Seed of the initial weights. Default: 0. */
  readonly seed?: Seed;
}

/** A multilayer perceptron: fully connected layers with an activation, and dropout if asked for, after all but the last. */
export class MLP extends Conditioner {
  static override readonly className: string = 'MLP';
  static override readonly samples: readonly (() => Conditioner)[] = [
    () => new MLP({ inputs: 2, outputs: 5, hidden: [8, 6] }),
    () => new MLP({ inputs: 3, outputs: 2, hidden: [7], activation: 'gelu', contextShape: [2, 2], dropout: 0.1 }),
    () => new MLP({ inputs: 2, outputs: 3, hidden: [], seed: 'linear' }),
    () => new MLP({ inputs: 3, outputs: 2, hidden: [6], circular: [1], seed: 'angles' }),
  ];

  override readonly inputs: number;
  override readonly outputs: number;
  override readonly contextShape: Shape | null;
  override readonly hiddenWidth: number;
  readonly #layers: readonly Dense[];
  override readonly circular: readonly number[];
  readonly #angles: AngleInputs;
  readonly #dropout: number;
  readonly #config: Config;

  /** @throws FlowConfigError for a size, activation, dropout rate or initial output that makes no network. */
  constructor(options: MLPOptions) {
    super();
    const { inputs, outputs, hidden, activation = 'relu', contextShape = null } = options;
    const { dropout = 0, initialOutput = null, seed = 0 } = options;
    const contextSize = contextSizeOf('MLP.contextShape', contextShape);
    checkInteger('MLP.inputs', inputs, contextSize > 0 ? 0 : 1);
    checkInteger('MLP.outputs', outputs);
    checkWidths('MLP.hidden', hidden);
    checkActivation('MLP.activation', activation);
    checkDropout('MLP.dropout', dropout);
    checkInitialOutput('MLP.initialOutput', initialOutput, outputs);
    const angles = new AngleInputs('MLP', inputs, options.circular);

    const stream = RandomStream.from(seed);
    const widths = [angles.width + contextSize, ...hidden];
    const hiddenLayers = hidden.map((width, i) =>
      this.child(
        `dense${i}`,
        new Dense({ inputs: widths[i], outputs: width, activation, seed: stream.split(`dense${i}`) }),
      ),
    );
    const output = this.child(
      'output',
      new Dense({ inputs: widths.at(-1)!, outputs, initialOutput, seed: stream.split('output') }),
    );
    this.inputs = inputs;
    this.outputs = outputs;
    this.contextShape = contextShape;
    this.hiddenWidth = widths.at(-1)!;
    this.#layers = [...hiddenLayers, output];
    this.circular = angles.circular;
    this.#angles = angles;
    this.#dropout = dropout;
    this.#config = {
      inputs,
      outputs,
      hidden,
      activation,
      contextShape,
      circular: options.circular,
      dropout,
      initialOutput,
      seed: stream.key,
    };
  }

  protected override network(x: Tensor, context: Tensor | null): Tensor {
    return this.#layers.reduce(
      (h, layer, i) => layer.apply(i === 0 ? h : dropout(h, this.#dropout)),
      withContext(this.#angles.embed(x), context),
    );
  }

  override getConfig(): Config {
    return this.#config;
  }
}
