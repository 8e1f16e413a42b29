import type { Bijector } from '../../../bijectors/bijector.js';
import { Chain } from '../../../bijectors/chain.js';
import type { ConditionerRequest } from '../../../bijectors/conditioner-request.js';
import { alternatingMask, Coupling } from '../../../bijectors/coupling.js';
import { Elementwise } from '../../../bijectors/elementwise.js';
import { SharedPoints } from '../../../bijectors/shared-points.js';
import { KernelConditioner } from '../../../conditioners/kernel/kernel-conditioner.js';
import type { KernelFunction } from '../../../conditioners/kernel/kernel-function.js';
import type { Placement } from '../../../conditioners/kernel/place-points.js';
import { ElementwiseAffine } from '../../../elementwise/elementwise-affine.js';
import type { ElementwiseTransform } from '../../../elementwise/elementwise-transform.js';
import { FlowConfigError } from '../../../errors.js';
import type { RandomStream } from '../../../random.js';
import type { Flow } from '../../flow.js';
import { assembleFlow, type Mixing, type RecipeOptions } from '../recipe.js';

/** Options of {@link ferumalFlow} and {@link ferumalGlow}. */
export interface FerumalFlowOptions extends Omit<RecipeOptions, 'hidden' | 'residual' | 'activation' | 'dropout'> {
  /** Number of auxiliary points; with `exact` that of the training rows. Default: 150. */
  readonly points?: number;
  /** Whose points: each layer has its own (`layer`, the default), all share some of the data's space (`shared`), or all take the training rows (`exact`). */
  readonly auxiliary?: 'layer' | 'shared' | 'exact';
  /** Where training puts the points first: on random rows, or on centres of clusters. Default: `rows`. */
  readonly placement?: Exclude<Placement, 'all'>;
  /** Default: `new MaternKernel()`, with ν = 5/2. */
  readonly kernel?: KernelFunction;
  /** The scalar maps that the expansions steer. Default: `new ElementwiseAffine()`, whose log-scales are bounded softly by 5. */
  readonly transform?: ElementwiseTransform;
}

/**
 * Stacks layers made of kernel couplings.
 *
 * @param step what a layer is, given its coupling
 * @throws FlowConfigError for sizes that are not positive integers, or `exact` without a number of points.
 */
export function assembleFerumal(
  name: string,
  options: FerumalFlowOptions & { readonly layers: number; readonly mixing: Mixing },
  step: (coupling: Bijector) => Bijector,
): Flow {
  const { auxiliary = 'layer', points = 150, placement = 'rows' } = options;
  if (!['layer', 'shared', 'exact'].includes(auxiliary)) {
    throw new FlowConfigError(`${name}.auxiliary`, { expected: "'layer', 'shared' or 'exact'", got: `'${auxiliary}'` });
  }
  if (auxiliary === 'exact' && options.points === undefined) {
    throw new FlowConfigError(`${name}.points`, { expected: 'the number of training rows', got: 'none' });
  }
  // One coordinate without context leaves nothing for an expansion to read.
  const shared = auxiliary !== 'layer' && (options.dims > 1 || Boolean(options.contextShape));
  const where = auxiliary === 'exact' ? ({ placement: 'all', trainPoints: false } as const) : { placement };
  return assembleFlow(
    name,
    options,
    (index, seed) => step(kernelCoupling(options, shared, index, seed)),
    [],
    (layers) => (shared ? [new SharedPoints({ bijector: new Chain({ bijectors: layers }), points, ...where, seed: options.seed })] : layers), // prettier-ignore
  );
}

/** One coupling; masks alternate. One coordinate alone gets a scalar map of its own, steered by the context if there is one. */
function kernelCoupling(
  options: FerumalFlowOptions,
  shared: boolean,
  index: number,
  seed: RandomStream,
): Coupling | Elementwise {
  const { dims, transform = new ElementwiseAffine(), points, kernel, placement, contextShape = null } = options;
  const conditioner = (request: ConditionerRequest) =>
    new KernelConditioner({ ...request, points, kernel, placement, shared, contextShape, seed });
  if (dims === 1) {
    const request = { inputs: 0, outputs: transform.parameterCount, initialOutput: transform.identityParameters() };
    return new Elementwise({ eventShape: [1], transform, conditioner: contextShape && conditioner(request) });
  }
  return new Coupling({ mask: alternatingMask(dims, (index % 2) as 0 | 1), transform, conditioner });
}
