import test from 'ava';
import { openPage } from '../support/browser.js';
import type * as contract from './pages/contract.js';
import { WASM_PATH } from './pages/wasm-path.js';

/** Claims that no backend can break by itself; the tests in Node are enough for them. */
const SAME_EVERYWHERE = [
  'inputs and contexts of a wrong shape are refused',
  'its configuration and parameters rebuild it',
  'batches of every shape are mapped row by row',
];

const page = await openPage<typeof contract>('contract');
const checks = await page.call('startChecks', { backend: 'webgl', wasmPaths: WASM_PATH });
test.after.always(() => page.close());

checks.forEach(({ subject, name }, index) => {
  if (SAME_EVERYWHERE.includes(name)) return;
  test.serial(`${subject}: ${name} [webgl]`, async (t) => {
    t.is(await page.call('runCheck', index), null);
  });
});

test('what is left out here is tested in Node', (t) => {
  const names = new Set(checks.map(({ name }) => name));
  t.deepEqual(SAME_EVERYWHERE.filter((name) => !names.has(name)), []); // prettier-ignore
});
