import test from 'ava';
import { openPage } from '../support/browser.js';
import type * as storage from './pages/storage.js';

const page = await openPage<typeof storage>('storage');
test.after.always(() => page.close());

test.serial('a flow outlives the page that saved it', async (t) => {
  const saved = await page.call('save', 'indexeddb://demo', 1);
  await page.reload();
  t.deepEqual(await page.call('load', 'indexeddb://demo'), saved);
});

test.serial('saving again replaces what was there, and nothing else', async (t) => {
  const first = await page.call('save', 'indexeddb://first', 1);
  await page.call('save', 'indexeddb://second', 2);
  const second = await page.call('save', 'indexeddb://second', 3);
  t.notDeepEqual(first, second);
  t.deepEqual(await page.call('load', 'indexeddb://first'), first);
  t.deepEqual(await page.call('load', 'indexeddb://second'), second);
});

test.serial('a deleted flow is gone', async (t) => {
  await page.call('save', 'indexeddb://short-lived', 1);
  await page.call('remove', 'indexeddb://short-lived');
  t.regex(await page.call('loadingError', 'indexeddb://short-lived'), /FlowFileError.*nothing saved under this name/s);
});

test.serial('a browser has no folders', async (t) => {
  t.regex(await page.call('loadingError', 'file://models/demo'), /FlowFileError.*use "indexeddb:\/\/name"/s);
});
