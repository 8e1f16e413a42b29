import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config } from '../module.js';
import { RandomStream, type Seed } from '../random.js';
import type { Shape } from '../shapes.js';
import type { ActivationName } from './activation.js';
import { AngleInputs } from './angles.js';
import { checkActivation, checkDropout, checkInitialOutput, checkInteger, contextSizeOf } from './check.js';
import { Conditioner } from './conditioner.js';
import { Dense } from './dense.js';
import { withContext } from './flat-context.js';
import { ResidualBlock } from './residual-block.js';

/** Options of {@link ResidualNet}. */
export interface ResidualNetOptions {
  /** Entries of one input row; may be 0 when there is a context. */
  readonly inputs: number;
  /** Entries of one output row. */
  readonly outputs: number;
  /** Width of every hidden layer. */
  readonly hidden: number;
  /** Number of residual blocks, two layers each. Default: 2. */
  readonly blocks?: number;
  /** Default: `relu`. */
  readonly activation?: ActivationName;
  /** Shape of one context, flattened, appended to the input and gating every block; null for none. Default: null. */
  readonly contextShape?: Shape | null;
  /** Inputs that are angles in radians, which the network sees as cosine and sine. Default: none. */
  readonly circular?: readonly number[];
  /** Probability of dropping a unit inside a block while training. Default: 0. */
  readonly dropout?: number;
  /** What the untrained network emits for every input; `outputs` numbers. Default: random weights in the last layer. */
  readonly initialOutput?: readonly number[] | null;
  /** Seed of the initial weights. Default: 0. */
  readonly seed?: Seed;
}

/**
 * A linear layer, pre-activation residual blocks of one width, a linear layer: the conditioner of Neural Spline Flows
 * (Durkan et al., 2019, appendix B).
 */
export class ResidualNet extends Conditioner {
  static override readonly className: string = 'ResidualNet';
  static override readonly samples: readonly (() => Conditioner)[] = [
    () => new ResidualNet({ inputs: 2, outputs: 5, hidden: 8 }),
    () => new ResidualNet({ inputs: 3, outputs: 2, hidden: 6, blocks: 1, activation: 'silu', contextShape: [2] }),
    () => new ResidualNet({ inputs: 2, outputs: 3, hidden: 6, circular: [0, 1] }),
  ];

  override readonly inputs: number;
  override readonly outputs: number;
  override readonly contextShape: Shape | null;
  override readonly hiddenWidth: number;
  override readonly circular: readonly number[];
  readonly #angles: AngleInputs;
  readonly #entry: Dense;
  readonly #blocks: readonly ResidualBlock[];
  readonly #output: Dense;
  readonly #config: Config;

  /** @throws FlowConfigError for a size, activation, dropout rate or initial output that makes no network. */
  constructor(options: ResidualNetOptions) {
    super();
    const { inputs, outputs, hidden, blocks = 2, activation = 'relu', contextShape = null } = options;
    const { dropout = 0, initialOutput = null, seed = 0 } = options;
    const contextSize = contextSizeOf('ResidualNet.contextShape', contextShape);
    checkInteger('ResidualNet.inputs', inputs, contextSize > 0 ? 0 : 1);
    checkInteger('ResidualNet.outputs', outputs);
    checkInteger('ResidualNet.hidden', hidden);
    checkInteger('ResidualNet.blocks', blocks, 0);
    checkActivation('ResidualNet.activation', activation);
    checkDropout('ResidualNet.dropout', dropout);
    checkInitialOutput('ResidualNet.initialOutput', initialOutput, outputs);
    const angles = new AngleInputs('ResidualNet', inputs, options.circular);

    const stream = RandomStream.from(seed);
    this.#entry = this.child(
      'entry',
      new Dense({ inputs: angles.width + contextSize, outputs: hidden, seed: stream.split('entry') }),
    );
    this.#blocks = Array.from({ length: blocks }, (_, i) =>
      this.child(
        `block${i}`,
        new ResidualBlock({ width: hidden, activation, contextSize, dropout, seed: stream.split(`block${i}`) }),
      ),
    );
    this.#output = this.child(
      'output',
      new Dense({ inputs: hidden, outputs, initialOutput, seed: stream.split('output') }),
    );
    this.inputs = inputs;
    this.outputs = outputs;
    this.contextShape = contextShape;
    this.hiddenWidth = hidden;
    this.circular = angles.circular;
    this.#angles = angles;
    this.#config = {
      inputs,
      outputs,
      hidden,
      blocks,
      activation,
      contextShape,
      circular: options.circular,
      dropout,
      initialOutput,
      seed: stream.key,
    };
  }

  protected override network(x: Tensor, context: Tensor | null): Tensor {
    const entry = this.#entry.apply(withContext(this.#angles.embed(x), context));
    return this.#output.apply(this.#blocks.reduce((h, block) => block.apply(h, context), entry));
  }

  override getConfig(): Config {
    return this.#config;
  }
}
