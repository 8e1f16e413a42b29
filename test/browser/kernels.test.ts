import test from 'ava';
import type { BackendName } from '../../src/index.js';
import { FUSED_OPS } from '../../src/kernels/fused-ops.js';
import { openPage } from '../support/browser.js';
import type * as kernels from './pages/kernels.js';

const page = await openPage<typeof kernels>('kernels');
test.after.always(() => page.close());

for (const backend of ['webgl', 'webgpu'] satisfies BackendName[]) {
  const declare = test.serial;
  for (const { name } of FUSED_OPS) {
    declare(`${name}: kernel against float64 [${backend}]`, async (t) => {
      t.deepEqual(await page.call('start', backend), []);
      for (const { forward, gradient, where } of await page.call('onSamples', name)) {
        t.true(forward < 1e-5, `${where} ${forward}`);
        t.true(gradient < 1e-4, `${where} ${gradient}`);
        t.log(`${where} ${forward} ${gradient}`);
      }
    });
  }
}
