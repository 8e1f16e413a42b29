import { BatchNorm } from '../../bijectors/batch-norm.js';
import type { Bijector } from '../../bijectors/bijector.js';
import { Chain } from '../../bijectors/chain.js';
import { LULinear } from '../../bijectors/linear/lu-linear.js';
import { Permute } from '../../bijectors/permute.js';
import { Reverse } from '../../bijectors/reverse.js';
import { Rotation } from '../../bijectors/linear/rotation.js';
import { Standardize } from '../../bijectors/standardize.js';
import { Whitening, type WhiteningKind } from '../../bijectors/whitening.js';
import type { ActivationName } from '../../conditioners/activation.js';
import type { Distribution } from '../../distributions/distribution.js';
import { Normal } from '../../distributions/normal.js';
import { FlowConfigError } from '../../errors.js';
import { RandomStream, type Seed } from '../../random.js';
import { contextOfLayers, type ConditioningOptions } from './conditioning.js';
import { Flow } from '../flow.js';

/** What stands between two layers: nothing, a reversal, a random permutation, a permutation and an LU matrix, or a fixed random rotation. */
export type Mixing = 'none' | 'reverse' | 'permutation' | 'lu' | 'rotation';

/** Options that every recipe takes. */
export interface RecipeOptions extends ConditioningOptions {
  /** Number of coordinates of one event. */
  readonly dims: number;
  /** Number of coupling or autoregressive layers. */
  readonly layers?: number;
  /** Widths of the hidden layers of each conditioner. */
  readonly hidden?: readonly number[];
  /** Residual conditioners of this width and number of blocks instead of `hidden`. */
  readonly residual?: {
    /** Hidden units of each block. */
    readonly width: number;
    /** Blocks of two layers. Default: 2. */
    readonly blocks?: number;
  };
  /** Default: `relu`. */
  readonly activation?: ActivationName;
  /** Probability of dropping a hidden unit while training. Default: 0. */
  readonly dropout?: number;
  /** What stands between two layers. */
  readonly mixing?: Mixing;
  /** Put a {@link BatchNorm} after each layer, towards the base, as RealNVP and MAF were published. Default: false. */
  readonly batchNorm?: boolean;
  /**
   * Put a layer on the data side that takes mean and deviation from the training data; `pca` or `zca` takes their
   * correlations out as well, by a {@link Whitening}. Default: true.
   */
  readonly standardize?: boolean | WhiteningKind;
  /** Default: standard normal. */
  readonly base?: Distribution;
  /** Seed of weights and permutations. Default: 0. */
  readonly seed?: Seed;
}

/**
 * Stacks layers from base to data with what mixes the coordinates between them, and the standardisation of the data
 * on top.
 *
 * @param enclose puts the layers into others, but for the standardisation
 * @throws FlowConfigError for `dims` or `layers` that are not positive integers.
 */
export function assembleFlow(
  name: string,
  options: RecipeOptions & { readonly layers: number; readonly mixing: Mixing },
  layer: (index: number, seed: RandomStream) => Bijector,
  onBaseSide: readonly Bijector[] = [],
  enclose: (layers: readonly Bijector[]) => readonly Bijector[] = (layers) => layers,
): Flow {
  const { dims, layers, mixing, batchNorm = false, standardize = true, embedding = null, seed = 0 } = options;
  checkPositive(name, 'dims', dims);
  checkPositive(name, 'layers', layers);
  contextOfLayers(name, options);
  const base = options.base ?? Normal.standard([dims]);
  const stream = RandomStream.from(seed).split(name);
  const stack = Array.from({ length: layers }, (_, i) => [
    ...(i === 0 ? [] : mix(mixing, dims, stream.split(`mixing.${i}`))),
    ...(batchNorm ? [new BatchNorm({ eventShape: [dims] })] : []),
    layer(i, stream.split(`layer.${i}`)),
  ]).flat();
  const bijector = new Chain({ bijectors: [...enclose([...onBaseSide, ...stack]), ...onDataSide(dims, standardize)] });
  return new Flow({ base, bijector, embedding });
}

/** What stands between the layers of a recipe and the data. */
export function onDataSide(dims: number, standardize: boolean | WhiteningKind): Bijector[] {
  if (typeof standardize === 'string') return [new Whitening({ dims, kind: standardize })];
  return standardize ? [new Standardize({ eventShape: [dims] })] : [];
}

/** @throws FlowConfigError unless `value` is a positive integer. */
export function checkPositive(name: string, option: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new FlowConfigError(name, { expected: `${option}: a positive integer`, got: String(value) });
  }
}

function mix(mixing: Mixing, dims: number, seed: RandomStream): Bijector[] {
  switch (mixing) {
    case 'none':
      return [];
    case 'reverse':
      return [new Reverse({ eventShape: [dims] })];
    case 'permutation':
      return [Permute.random(dims, seed)];
    case 'lu':
      return [Permute.random(dims, seed), new LULinear({ dims })];
    case 'rotation':
      return [new Rotation({ dims, seed })];
    default:
      throw new FlowConfigError('mixing', {
        expected: "'none', 'reverse', 'permutation', 'lu' or 'rotation'",
        got: `'${String(mixing)}'`,
      });
  }
}
