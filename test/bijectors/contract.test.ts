import test from 'ava';
import { ready } from '../../src/index.js';
import { bijectorChecks, elementwiseChecks, isFirstSample, type Check } from '../contract/index.js';
import { NODE_BACKENDS } from '../support/backends.js';

const all = [...elementwiseChecks(), ...bijectorChecks()];
const subjects = new Set(all.map(({ subject }) => subject));

for (const backend of NODE_BACKENDS) {
  for (const subject of subjects) {
    // What samples of one class differ in are options, not kernels.
    if (backend === 'cpu' && !isFirstSample(subject)) continue;
    // An integral is many values, and those of both backends are checked.
    const checks = all.filter((check) => check.subject === subject && !(backend === 'cpu' && /integrates/.test(check.name))); // prettier-ignore
    test.serial(`${subject} keeps the contract [${backend}]`, async (t) => {
      await ready({ backend });
      t.deepEqual(await failuresOf(checks), []);
    });
  }
}

async function failuresOf(checks: readonly Check[]): Promise<string[]> {
  const failures = [];
  for (const { name, run } of checks) {
    try {
      await run();
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message.slice(0, 600) : String(error)}`);
    }
  }
  return failures;
}
