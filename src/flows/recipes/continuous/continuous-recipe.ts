import { Chain } from '../../../bijectors/chain.js';
import type { ContinuousBijector } from '../../../bijectors/continuous-bijector.js';
import type { WhiteningKind } from '../../../bijectors/whitening.js';
import type { Distribution } from '../../../distributions/distribution.js';
import { Normal } from '../../../distributions/normal.js';
import type { SolverSettings } from '../../../ode/options.js';
import { RandomStream, type Seed } from '../../../random.js';
import type { ConditioningOptions } from '../conditioning.js';
import { Flow } from '../../flow.js';
import { checkPositive, onDataSide } from '../recipe.js';

/** Options that every continuous recipe takes. */
export interface ContinuousFlowOptions extends ConditioningOptions {
  /** Number of coordinates of one event. */
  readonly dims: number;
  /** Times of the base side and of the data side. Default: [1, 0]; flow matching counts the other way, [0, 1]. */
  readonly span?: readonly [base: number, data: number];
  /** Method, tolerances, and how gradients get through. */
  readonly solver?: SolverSettings;
  /**
   * Put a layer on the data side that takes mean and deviation from the training data; `pca` or `zca` takes their
   * correlations out as well. Default: true.
   */
  readonly standardize?: boolean | WhiteningKind;
  /** Default: standard normal. */
  readonly base?: Distribution;
  /** Seed of weights, and of estimates of the divergence outside of training. Default: 0. */
  readonly seed?: Seed;
}

/** Stacks continuous blocks, with the standardisation of the data on top. */
export function continuousFlow(
  name: string,
  { dims, standardize = true, base, embedding = null, seed = 0 }: ContinuousFlowOptions,
  blocks: number,
  block: (seed: RandomStream) => ContinuousBijector,
): Flow {
  checkPositive(name, 'dims', dims);
  checkPositive(name, 'blocks', blocks);
  const stream = RandomStream.from(seed).split(name);
  const bijectors = Array.from({ length: blocks }, (_, i) => block(stream.split(`block.${i}`)));
  return new Flow({
    base: base ?? Normal.standard([dims]),
    bijector: new Chain({ bijectors: [...bijectors, ...onDataSide(dims, standardize)] }),
    embedding,
  });
}
