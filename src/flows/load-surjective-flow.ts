import { FlowFileError } from '../errors.js';
import { libraryCatalogue } from '../io/catalogue.js';
import { loadModule, type ModelSource } from '../io/load.js';
import type { LoadFlowOptions } from './load-flow.js';
import { SurjectiveFlow } from './surjective-flow.js';

/**
 * Rebuilds a model that {@link SurjectiveFlow.save} wrote, as `loadFlow` does.
 *
 * @throws FlowFileError when there is none, or it cannot be read.
 */
export async function loadSurjectiveFlow(
  source: ModelSource,
  { classes = [] }: LoadFlowOptions = {},
): Promise<SurjectiveFlow> {
  const where = 'loadSurjectiveFlow';
  const module = await loadModule(source, { catalogue: libraryCatalogue(), classes, where });
  if (module instanceof SurjectiveFlow) return module;
  module.dispose();
  throw new FlowFileError(where, { expected: 'a saved SurjectiveFlow', got: `a saved ${module.className}` });
}
