import test from 'ava';
import { openPage } from '../support/browser.js';
import type * as contract from './pages/contract.js';
import { WASM_PATH } from '../../support/browser/wasm-path.js';

const page = await openPage<typeof contract>('contract');
const names = await page.call('startChecks', { backend: 'webgl', wasmPaths: WASM_PATH });
test.after.always(() => page.close());

names.forEach((name, index) => {
  test.serial(`${name} [webgl]`, async (t) => {
    t.is(await page.call('runCheck', index), null);
  });
});
