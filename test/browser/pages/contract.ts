import { ready, type BackendName } from '../../../src/index.js';
import { bijectorChecksBesideCpu } from '../../contract/bijectors.js';
import type { Check } from '../../contract/check.js';
import { fieldChecksBesideCpu } from '../../contract/fields.js';

let checks: Check[] = [];

/** Starts a backend, and the one it is compared with, and names all checks. */
export async function startChecks(options: { backend: BackendName; wasmPaths: string }): Promise<string[]> {
  await ready({ backend: 'cpu' });
  await ready(options);
  checks = [...fieldChecksBesideCpu(), ...bijectorChecksBesideCpu()];
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
