import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config } from '../../module.js';
import { RandomStream, type Seed } from '../../random.js';
import type { Shape } from '../../shapes.js';
import { checkInteger, checkWidths, contextSizeOf } from '../check.js';
import { Dense } from '../dense.js';
import { flatContext } from '../flat-context.js';
import { checkLipschitz, checkStart, type LipschitzStart } from './check.js';
import { LayeredMap } from './layered-map.js';
import { checkLipschitzActivation, LipschitzActivation, type LipschitzActivationName } from './lipschitz-activation.js';
import { LipschitzDense } from './lipschitz-dense.js';
import { LipschitzNetwork, type LipschitzMap } from './lipschitz-network.js';

/** Options of {@link LipschitzMLP}. */
export interface LipschitzMLPOptions {
  /** Numbers in one point. */
  readonly dims: number;
  /** Width of each hidden layer. Default: [64, 64]. */
  readonly hidden?: readonly number[];
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
 * A multilayer perceptron from points to points of the same size with a Lipschitz constant of at most `lipschitz`: the
 * kernel of each of its `n` layers is shrunk to a spectral norm of at most `lipschitz^(1/n)`, and activations have slopes of
 * at most 1. The norm of a kernel is bounded from above, so the constant holds at every moment, whatever the weights.
 *
 * The context is added to the first layer through a kernel that nothing bounds: the constant is that in the points.
 *
 * Sources: Behrmann et al., "Invertible residual networks", 2019; Chen et al., "Residual flows for invertible generative
 * modeling", 2019, section 3.3.
 */
export class LipschitzMLP extends LipschitzNetwork {
  static override readonly className: string = 'LipschitzMLP';
  static override readonly samples: readonly (() => LipschitzMLP)[] = [
    () => new LipschitzMLP({ dims: 2, hidden: [8, 6], initialOutput: 'random' }),
    () => new LipschitzMLP({ dims: 3, hidden: [5], activation: 'tanh', contextShape: [2, 2], initialOutput: 'random' }),
    () => new LipschitzMLP({ dims: 2, hidden: [], lipschitz: 0.5, contextShape: [1] }),
  ];

  override readonly eventShape: Shape;
  override readonly lipschitz: number;
  override readonly inputs: number;
  override readonly outputs: number;
  override readonly contextShape: Shape | null;
  override readonly hiddenWidth: number;
  readonly #layers: readonly LipschitzDense[];
  readonly #activations: readonly LipschitzActivation[];
  readonly #contextLayer: Dense | null;
  readonly #config: Config;

  /** @throws FlowConfigError for a size, activation, Lipschitz constant or start that makes no contraction. */
  constructor(options: LipschitzMLPOptions) {
    super();
    const { dims, hidden = [64, 64], activation = 'lipSwish', lipschitz = 0.98 } = options;
    const { contextShape = null, initialOutput = 'zero', seed = 0 } = options;
    checkInteger('LipschitzMLP.dims', dims);
    checkWidths('LipschitzMLP.hidden', hidden);
    checkLipschitzActivation('LipschitzMLP.activation', activation);
    checkLipschitz('LipschitzMLP.lipschitz', lipschitz);
    checkStart('LipschitzMLP.initialOutput', initialOutput);
    const contextSize = contextSizeOf('LipschitzMLP.contextShape', contextShape);

    const stream = RandomStream.from(seed);
    const widths = [dims, ...hidden, dims];
    const bound = lipschitz ** (1 / (hidden.length + 1));
    this.#layers = widths.slice(1).map((outputs, i) => {
      const last = i === hidden.length;
      const name = last ? 'output' : `dense${i}`;
      const zero = last && initialOutput === 'zero';
      return this.child(name, new LipschitzDense({ inputs: widths[i], outputs, bound, zero, stream: stream.split(name) })); // prettier-ignore
    });
    this.#activations = hidden.map((_, i) => this.child(`activation${i}`, new LipschitzActivation(activation)));
    const contextLayer = {
      inputs: contextSize,
      outputs: widths[1],
      // Nothing at first where it would be seen in the output.
      initialOutput: hidden.length === 0 && initialOutput === 'zero' ? Array<number>(dims).fill(0) : null,
      seed: stream.split('context'),
    };
    this.#contextLayer = contextSize > 0 ? this.child('context', new Dense(contextLayer)) : null;
    this.eventShape = [dims];
    this.lipschitz = lipschitz;
    this.inputs = dims;
    this.outputs = dims;
    this.contextShape = contextShape;
    this.hiddenWidth = widths.at(-2)!;
    this.#config = { dims, hidden, activation, lipschitz, contextShape, initialOutput, seed: stream.key };
  }

  override bind(context: Tensor | null): LipschitzMap {
    const shift = this.#contextLayer && context ? this.#contextLayer.apply(flatContext(context)) : null;
    const layers = this.#layers.map((layer, l) => layer.bind(l === 0 ? shift : null));
    return new LayeredMap(layers, this.#activations);
  }

  override getConfig(): Config {
    return this.#config;
  }
}
