import { ready, type BackendReport, type ReadyOptions } from '../../../src/index.js';

export { solveOnBackend } from '../../support/padded-on-backend.js';
export { repairedOperations } from '../../support/stock-repairs.js';
export { webgpuObstacle } from './backends.js';

/** Starts a backend. */
export async function start(options: ReadyOptions): Promise<BackendReport> {
  return ready(options);
}
