import { FlowFileError } from '../errors.js';
import { libraryCatalogue } from '../io/catalogue.js';
import { loadModule, type ModelSource } from '../io/load.js';
import { DequantizedFlow } from './dequantized-flow.js';
import type { LoadFlowOptions } from './load-flow.js';

/**
 * Rebuilds a model that {@link DequantizedFlow.save} wrote, as `loadFlow` does.
 *
 * @throws FlowFileError when there is none, or it cannot be read.
 */
export async function loadDequantizedFlow(
  source: ModelSource,
  { classes = [] }: LoadFlowOptions = {},
): Promise<DequantizedFlow> {
  const where = 'loadDequantizedFlow';
  const module = await loadModule(source, { catalogue: libraryCatalogue(), classes, where });
  if (module instanceof DequantizedFlow) return module;
  module.dispose();
  throw new FlowFileError(where, { expected: 'a saved DequantizedFlow', got: `a saved ${module.className}` });
}
