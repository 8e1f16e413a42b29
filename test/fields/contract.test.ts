import test from 'ava';
import { ready } from '../../src/index.js';
import { fieldChecks, isFirstSample } from '../contract/index.js';
import { NODE_BACKENDS } from '../support/backends.js';

const all = fieldChecks();

for (const backend of NODE_BACKENDS) {
  for (const subject of new Set(all.map(({ subject }) => subject))) {
    if (backend === 'cpu' && !isFirstSample(subject)) continue;
    test.serial(`${subject} keeps the contract [${backend}]`, async (t) => {
      await ready({ backend });
      const failures = [];
      for (const { name, run } of all.filter((check) => check.subject === subject)) {
        try {
          await run();
        } catch (error) {
          failures.push(`${name}: ${error instanceof Error ? error.message.slice(0, 600) : String(error)}`);
        }
      }
      t.deepEqual(failures, []);
    });
  }
}
