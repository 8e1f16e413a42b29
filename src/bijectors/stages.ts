import type { Tensor } from '@tensorflow/tfjs-core';
import type { Bijector } from './bijector.js';
import { Chain } from './chain.js';
import { Invert } from './invert.js';

/** One of the bijectors that chains consist of, or one that runs the other way round. */
export interface Stage {
  /** Where it lives below the whole, such as `3` or `1.bijector`; empty for the whole itself. */
  readonly path: string;
  readonly bijector: Bijector;
  readonly inverted: boolean;
}

/** What a bijector consists of, from base to data: the members of chains and of chains in them. */
export function stagesOf(bijector: Bijector, path = '', inverted = false): Stage[] {
  const below = (name: string) => (path ? `${path}.${name}` : name);
  if (bijector instanceof Invert) return stagesOf(bijector.bijector, below('bijector'), !inverted);
  if (!(bijector instanceof Chain)) return [{ path, bijector, inverted }];
  const stages = bijector.bijectors.flatMap((member, i) => stagesOf(member, below(`${i}`), inverted));
  return inverted ? stages.reverse() : stages;
}

/** One stage in a direction of the whole; `context` is that of the whole. */
export function runStage(
  { bijector, inverted }: Stage,
  direction: 'forward' | 'inverse',
  input: Tensor,
  context: Tensor | null,
): Tensor {
  const own = bijector.contextShape && context;
  return (direction === 'forward') !== inverted ? bijector.forward(input, own) : bijector.inverse(input, own);
}
