import { ready, type BackendName } from '../../../src/index.js';
import { bijectorChecks } from '../../contract/bijectors.js';

let checks: ReturnType<typeof bijectorChecks> = [];

/** What became of one check. */
export interface CheckResult {
  readonly name: string;
  /** What was wrong, or null. */
  readonly error: string | null;
}

/** Starts a backend and names all checks. */
export async function startChecks(options: { backend: BackendName; wasmPaths: string }): Promise<string[]> {
  await ready(options);
  checks = bijectorChecks();
  return checks.map(({ name }) => name);
}

/** Runs the check at one place of the list. */
export async function runCheck(index: number): Promise<CheckResult> {
  const check = checks[index];
  try {
    await check.run();
    return { name: check.name, error: null };
  } catch (error) {
    return { name: check.name, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
