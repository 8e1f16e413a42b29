import test from 'ava';
import { openPage } from '../support/browser.js';
import type * as planned from './pages/planned.js';
import { WASM_PATH } from './pages/wasm-path.js';

for (const isolated of [true, false]) {
  test.serial(`planned steps follow eager ones in a page ${isolated ? 'with' : 'without'} shared memory`, async (t) => {
    const page = await openPage<typeof planned>('planned', { isolated });
    t.teardown(() => page.close());
    const options = { backend: 'wasm', wasmPaths: WASM_PATH, threads: 2 } as const;
    t.deepEqual(await page.call('threads', options), { count: isolated ? 2 : 1, ready: true });
    const eager = await page.call('train', 60, false);
    const fast = await page.call('train', 60, true);
    t.is(fast.losses.length, 60);
    fast.losses.forEach((loss, i) => t.true(Math.abs(loss - eager.losses[i]) < 1e-4 * Math.max(1, Math.abs(loss))));
    t.true(fast.kernels <= 3, `no more than the copies of the result, but ${fast.kernels} kernels ran`);
  });
}
