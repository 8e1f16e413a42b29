import test from 'ava';
import { ready } from '../../src/index.js';
import { bijectorChecks } from '../contract/index.js';
import { Funnel } from './your-own-bijector.generated.js';

/** The class that a page of the guide writes keeps the contract of those of the library. */

test.before(() => ready({ backend: 'wasm' }).then(() => undefined));

for (const { name, run } of bijectorChecks([Funnel])) {
  test.serial(name, async (t) => {
    await run();
    t.pass();
  });
}
