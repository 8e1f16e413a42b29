import { Autoregressive, type AutoregressiveRequest } from '../../../bijectors/autoregressive.js';
import type { TransformOrList } from '../../../bijectors/coordinate-transforms.js';
import { MaskedMLP } from '../../../conditioners/masked-mlp.js';
import { MaskedResidualNet } from '../../../conditioners/masked-residual-net.js';
import type { RandomStream } from '../../../random.js';
import { contextOfLayers } from '../conditioning.js';
import type { RecipeOptions } from '../recipe.js';

/** One autoregressive layer of a recipe, in the natural order of the coordinates if no other is given. */
export function autoregressiveLayer(
  options: RecipeOptions & { readonly hidden: readonly number[] },
  transform: TransformOrList,
  seed: RandomStream,
  order?: readonly number[],
): Autoregressive {
  const { dims, hidden, residual, activation = 'relu', dropout = 0 } = options;
  const contextShape = contextOfLayers('recipe', options);
  const shared = { activation, dropout, contextShape, seed, ...(order && { order }) };
  const conditioner = (request: AutoregressiveRequest) =>
    residual
      ? new MaskedResidualNet({ ...request, ...shared, hidden: residual.width, blocks: residual.blocks ?? 2 })
      : new MaskedMLP({ ...request, ...shared, hidden });
  return new Autoregressive({ dims, transform, conditioner });
}
