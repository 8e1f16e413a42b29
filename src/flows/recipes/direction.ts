import { FlowConfigError } from '../../errors.js';

/**
 * The direction in which a layer that can only be undone numerically has its formula. `inverse`: data → base, so that densities of
 * given points are cheap, as `fit` needs. `forward`: base → data, so that draws come with their density, as variational inference
 * and training on an energy need.
 */
export type FormulaDirection = 'forward' | 'inverse';

/** @throws FlowConfigError unless it is one of the two. */
export function checkDirection(name: string, direction: FormulaDirection): void {
  if (direction === 'forward' || direction === 'inverse') return;
  throw new FlowConfigError(`${name}.direction`, {
    expected: "'forward' or 'inverse'",
    got: `'${String(direction)}'`,
  });
}
