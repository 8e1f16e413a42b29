import test from 'ava';
import { openPage } from '../support/browser.js';
import { isFirstSample } from '../contract/index.js';
import type * as contract from './pages/contract.js';
import { WASM_PATH } from '../../support/browser/wasm-path.js';

/** Claims that no backend can break by itself; the tests in Node are enough for them. */
const SAME_EVERYWHERE = [
  'inputs and contexts of a wrong shape are refused',
  'times, points, contexts and directions of a wrong shape are refused',
  'its configuration and parameters rebuild it',
  'batches of every shape are mapped row by row',
];

const page = await openPage<typeof contract>('contract');
const names = await page.call('startChecks', { backend: 'webgl', wasmPaths: WASM_PATH });
test.after.always(() => page.close());

names.forEach((name, index) => {
  // What samples of one class differ in are options, not kernels.
  if (!isFirstSample(name.split(':')[0])) return;
  if (SAME_EVERYWHERE.some((claim) => name.endsWith(claim))) return;
  test.serial(`${name} [webgl]`, async (t) => {
    t.is(await page.call('runCheck', index), null);
  });
});

test('what is left out here is tested in Node', (t) => {
  for (const claim of SAME_EVERYWHERE) t.true(names.some((name) => name.endsWith(claim)), claim); // prettier-ignore
});
