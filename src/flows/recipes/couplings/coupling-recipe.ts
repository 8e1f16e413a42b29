import type { TransformOrList } from '../../../bijectors/coordinate-transforms.js';
import { alternatingMask, Coupling } from '../../../bijectors/coupling.js';
import { Elementwise } from '../../../bijectors/elementwise.js';
import { MLP } from '../../../conditioners/mlp.js';
import { ResidualNet } from '../../../conditioners/residual-net.js';
import type { ElementwiseTransform } from '../../../elementwise/elementwise-transform.js';
import type { RandomStream } from '../../../random.js';
import { contextOfLayers } from '../conditioning.js';
import type { RecipeOptions } from '../recipe.js';

/** Width of the last hidden layer of the conditioners that these options describe. */
export function hiddenWidth(options: RecipeOptions & { readonly hidden: readonly number[] }): number {
  return options.residual?.width ?? options.hidden.at(-1) ?? options.dims;
}

/**
 * One coupling layer of a recipe; masks alternate between layers if none is given. One coordinate alone has nothing to be coupled to
 * and gets a scalar map of its own, conditioned on the context if there is one.
 */
export function couplingLayer(
  options: RecipeOptions & { readonly hidden: readonly number[] },
  transform: TransformOrList,
  index: number,
  seed: RandomStream,
  unconditional: ElementwiseTransform | null = null,
  mask: boolean[] = alternatingMask(options.dims, (index % 2) as 0 | 1),
): Coupling | Elementwise {
  const { dims, hidden, residual, activation = 'relu', dropout = 0 } = options;
  const contextShape = contextOfLayers('recipe', options);
  const shared = { activation, dropout, contextShape, seed };
  const conditioner = (request: { inputs: number; outputs: number; initialOutput: number[] }) =>
    residual
      ? new ResidualNet({ ...request, ...shared, hidden: residual.width, blocks: residual.blocks ?? 2 })
      : new MLP({ ...request, ...shared, hidden });
  if (dims === 1) {
    const [own] = [transform].flat() as ElementwiseTransform[];
    const request = { inputs: 0, outputs: own.parameterCount, initialOutput: own.identityParameters() };
    return new Elementwise({ eventShape: [1], transform: own, conditioner: contextShape && conditioner(request) });
  }
  return new Coupling({ mask, transform, conditioner, unconditional });
}
