import { FlowFileError } from '../errors.js';
import { libraryCatalogue } from '../io/catalogue.js';
import { loadModule, type ModelSource } from '../io/load.js';
import type { LoadFlowOptions } from './load-flow.js';
import { SymmetricFlow } from './symmetric-flow.js';

/**
 * Rebuilds a model that {@link SymmetricFlow.save} wrote, as `loadFlow` does.
 *
 * @throws FlowFileError when there is none, or it cannot be read.
 */
export async function loadSymmetricFlow(
  source: ModelSource,
  { classes = [] }: LoadFlowOptions = {},
): Promise<SymmetricFlow> {
  const where = 'loadSymmetricFlow';
  const module = await loadModule(source, { catalogue: libraryCatalogue(), classes, where });
  if (module instanceof SymmetricFlow) return module;
  module.dispose();
  throw new FlowFileError(where, { expected: 'a saved SymmetricFlow', got: `a saved ${module.className}` });
}
