import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Config } from '../../module.js';
import { RandomStream, type Seed } from '../../random.js';
import type { Shape } from '../../shapes.js';
import { checkInitialOutput, checkInteger, contextSizeOf } from '../check.js';
import { Conditioner } from '../conditioner.js';
import { Dense } from '../dense.js';
import { flatContext } from '../flat-context.js';
import { checkHeads, checkNorm, type NormName } from './check-transformer.js';
import { eachToken } from './each-token.js';
import type { LayerNorm } from './layer-norm.js';
import type { RMSNorm } from './rms-norm.js';
import { makeNorm, TransformerBlock } from './transformer-block.js';

/** Options of {@link VisionTransformer} and {@link CausalTransformer}. */
export interface TokenTransformerOptions {
  /** Number of tokens. */
  readonly tokens: number;
  /** Entries of one input token. */
  readonly inputs: number;
  /** Entries of one output token. */
  readonly outputs: number;
  /** Entries of a token inside. */
  readonly width: number;
  /** Number of transformer blocks. */
  readonly depth: number;
  /** Heads of each attention, a divisor of the width. */
  readonly heads: number;
  /** Normalise queries and keys of each head. Default: false. */
  readonly qkNorm?: boolean;
  /** What normalises the tokens. Default: `layer`. */
  readonly norm?: NormName;
  /** Width of the hidden layers in widths of a token. Default: 4. */
  readonly mlpRatio?: number;
  /** Add trained embeddings that tell the tokens apart; without, their order does not matter. Default: true. */
  readonly embedPositions?: boolean;
  /**
   * Shape of one context, such as a class as a one-hot vector: flattened, embedded, and added to all tokens; null for none.
   * Default: null.
   */
  readonly contextShape?: Shape | null;
  /** What the untrained network emits for every token; `outputs` numbers. Default: random weights in the last layer. */
  readonly initialOutput?: readonly number[] | null;
  /** Seed of the initial weights. Default: 0. */
  readonly seed?: Seed;
}

/**
 * What transformers on a fixed number of tokens have in common: a linear layer, trained position embeddings that start
 * with deviation `1 / √width`, blocks, a norm, a linear layer.
 */
export abstract class TokenTransformer extends Conditioner {
  /** How many tokens it reads. */
  readonly tokens: number;
  override readonly inputs: number;
  override readonly outputs: number;
  override readonly contextShape: Shape | null;
  override readonly hiddenWidth: number;
  /** Attention and feed-forward layers, in the order in which they act. */
  protected readonly blocks: readonly TransformerBlock[];
  readonly #entry: Dense;
  readonly #positions: Variable | null;
  readonly #contextLayer: Dense | null;
  readonly #norm: LayerNorm | RMSNorm;
  readonly #output: Dense;
  readonly #config: Config;

  /**
   * @param positions tokens that are read
   * @throws FlowConfigError for a size, norm or initial output that makes no network.
   */
  constructor(name: string, options: TokenTransformerOptions, positions: number, causal: boolean) {
    super();
    const { tokens, inputs, outputs, width, depth, heads, qkNorm = false, norm = 'layer', mlpRatio = 4 } = options;
    const { embedPositions = true, contextShape = null, initialOutput = null, seed = 0 } = options;
    checkInteger(`${name}.inputs`, inputs);
    checkInteger(`${name}.outputs`, outputs);
    checkInteger(`${name}.depth`, depth, 0);
    checkHeads(name, width, heads);
    checkNorm(`${name}.norm`, norm);
    checkInteger(`${name}.mlpRatio`, mlpRatio);
    const contextSize = contextSizeOf(`${name}.contextShape`, contextShape);
    checkInitialOutput(`${name}.initialOutput`, initialOutput, outputs);

    const stream = RandomStream.from(seed);
    this.#entry = this.child('entry', new Dense({ inputs, outputs: width, seed: stream.split('entry') }));
    const scale = 1 / Math.sqrt(width);
    const embedding = stream.split('positions').normal(positions * width).map((value) => scale * value); // prettier-ignore
    this.#positions = embedPositions ? this.weight('positions', [positions, width], embedding) : null;
    const contextLayer = { inputs: contextSize, outputs: width, seed: stream.split('context') };
    this.#contextLayer = contextSize > 0 ? this.child('context', new Dense(contextLayer)) : null;
    this.blocks = Array.from({ length: depth }, (_, i) =>
      this.child(
        `block${i}`,
        new TransformerBlock({ width, heads, causal, qkNorm, norm, mlpRatio, seed: stream.split(`block${i}`) }),
      ),
    );
    this.#norm = this.child('norm', makeNorm(norm, width));
    const output = { inputs: width, outputs, initialOutput, seed: stream.split('output') };
    this.#output = this.child('output', new Dense(output));
    this.tokens = tokens;
    this.inputs = inputs;
    this.outputs = outputs;
    this.contextShape = contextShape;
    this.hiddenWidth = width;
    this.#config = {
      tokens,
      inputs,
      outputs,
      width,
      depth,
      heads,
      qkNorm,
      norm,
      mlpRatio,
      embedPositions,
      contextShape,
      initialOutput,
      seed: stream.key,
    };
  }

  override getConfig(): Config {
    return this.#config;
  }

  /** Tokens `[batch, count, inputs]`, the first of which stands at position `first`, as the blocks take them. */
  protected embed(x: Tensor, context: Tensor | null, first = 0): Tensor {
    const entry = eachToken(x, (rows) => this.#entry.apply(rows));
    const h = this.#positions ? tf.add(entry, positionsOf(this.#positions, first, x.shape[1]!)) : entry;
    if (!this.#contextLayer || !context) return h;
    return tf.add(h, tf.expandDims(this.#contextLayer.apply(flatContext(context)), 1));
  }

  /** Outputs from what the last block gave. */
  protected finish(h: Tensor): Tensor {
    return eachToken(this.#norm.apply(h), (rows) => this.#output.apply(rows));
  }
}

function positionsOf(all: Variable, first: number, count: number): Tensor {
  return count === all.shape[0] ? all : tf.slice(all, first, count);
}
