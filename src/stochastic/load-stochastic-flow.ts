import { FlowFileError } from '../errors.js';
import type { LoadFlowOptions } from '../flows/load-flow.js';
import { libraryCatalogue } from '../io/catalogue.js';
import { loadModule, type ModelSource } from '../io/load.js';
import { StochasticFlow } from './stochastic-flow.js';

/**
 * Rebuilds a model that {@link StochasticFlow.save} wrote, as `loadFlow` does.
 *
 * @throws FlowFileError when there is none, or it cannot be read.
 */
export async function loadStochasticFlow(
  source: ModelSource,
  { classes = [] }: LoadFlowOptions = {},
): Promise<StochasticFlow> {
  const where = 'loadStochasticFlow';
  const module = await loadModule(source, { catalogue: libraryCatalogue(), classes, where });
  if (module instanceof StochasticFlow) return module;
  module.dispose();
  throw new FlowFileError(where, { expected: 'a saved StochasticFlow', got: `a saved ${module.className}` });
}
