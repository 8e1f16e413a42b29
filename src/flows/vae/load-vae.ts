import { FlowFileError } from '../../errors.js';
import { libraryCatalogue } from '../../io/catalogue.js';
import { loadModule, type ModelSource } from '../../io/load.js';
import type { LoadFlowOptions } from '../load-flow.js';
import { VAE } from './vae.js';

/**
 * Rebuilds a model that {@link VAE.save} wrote, as `loadFlow` does.
 *
 * @throws FlowFileError when there is none, or it cannot be read.
 */
export async function loadVAE(source: ModelSource, { classes = [] }: LoadFlowOptions = {}): Promise<VAE> {
  const where = 'loadVAE';
  const module = await loadModule(source, { catalogue: libraryCatalogue(), classes, where });
  if (module instanceof VAE) return module;
  module.dispose();
  throw new FlowFileError(where, { expected: 'a saved VAE', got: `a saved ${module.className}` });
}
