import { ready, type BackendName } from '../../../src/index.js';
import { bijectorChecks } from '../../contract/bijectors.js';
import type { Check } from '../../contract/check.js';
import { fieldChecks } from '../../contract/fields.js';

let checks: Check[] = [];

/** Starts a backend and names all checks; of fields, which take long here, those of the first sample of each class. */
export async function startChecks(options: { backend: BackendName; wasmPaths: string }): Promise<string[]> {
  await ready(options);
  checks = [...fieldChecks().filter(({ subject }) => subject.endsWith(' 0')), ...bijectorChecks()];
  return checks.map(({ name }) => name);
}

/** Runs the check at one place of the list; what was wrong, or null. */
export async function runCheck(index: number): Promise<string | null> {
  try {
    await checks[index].run();
    return null;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}
