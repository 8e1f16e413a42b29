import { FlowFileError } from '../errors.js';
import { libraryCatalogue } from '../io/catalogue.js';
import type { ConfigurableClass } from '../io/config.js';
import { loadModule, type ModelSource } from '../io/load.js';
import { removeModel } from '../io/save.js';
import { Flow } from './flow.js';

/** Options of {@link loadFlow}. */
export interface LoadFlowOptions {
  /** Classes of your own that the flow is made of. */
  readonly classes?: readonly ConfigurableClass[];
}

/**
 * Rebuilds a flow that {@link Flow.save} wrote; `logProb` gives the same numbers, bit for bit, on the same backend.
 *
 * @param source `file://folder` (Node), `indexeddb://name` (browser), `https://host/folder`, `memory://name`, or the
 * two files themselves, as an `<input type="file" multiple>` gives them.
 * @throws FlowFileError when there is no flow, or it is damaged, from a newer version, or of unknown classes. Nothing
 * is left in memory then.
 */
export async function loadFlow(source: ModelSource, { classes = [] }: LoadFlowOptions = {}): Promise<Flow> {
  const where = 'loadFlow';
  const module = await loadModule(source, { catalogue: libraryCatalogue(), classes, where });
  if (module instanceof Flow) return module;
  module.dispose();
  throw new FlowFileError(where, { expected: 'a saved Flow', got: `a saved ${module.className}` });
}

/**
 * Deletes a saved flow from a folder or the browser's storage; nothing happens when there is none.
 *
 * @throws FlowFileError when the place cannot be written.
 */
export async function removeFlow(url: string): Promise<void> {
  await removeModel(url, 'removeFlow');
}
