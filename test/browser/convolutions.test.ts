import test from 'ava';
import { ready, type BackendName } from '../../src/index.js';
import { openPage } from '../support/browser.js';
import { assertClose } from '../support/close.js';
import { invertInFloat64, PADDED_PROBLEMS, paddedDifferences, someEntries } from '../support/padded-problem.js';
import { repairedOperations } from '../support/stock-repairs.js';
import type * as convolutions from './pages/convolutions.js';

const page = await openPage<typeof convolutions>('convolutions');
const webgpuObstacle = await page.call('webgpuObstacle');
await ready({ backend: 'cpu' });
const expected = await repairedOperations();
test.after.always(() => page.close());

/** Where the page finds the binaries of the wasm backend. */
const wasmPaths = '/wasm/';

for (const backend of ['webgl', 'webgpu', 'wasm'] satisfies BackendName[]) {
  const obstacle = backend === 'webgpu' ? webgpuObstacle : null;
  const declare = obstacle ? test.serial.skip : test.serial;
  const where = `[${backend}]${obstacle ? `: ${obstacle}` : ''}`;

  declare(`padded convolution, inverse and gradients ${where}`, async (t) => {
    await page.call('start', { backend, wasmPaths });
    for (const p of PADDED_PROBLEMS) {
      const name = `images ${p.shape.join('x')}, kernel ${p.size}`;
      const { x, again, dy, dKernel, leaked } = await page.call('solveOnBackend', p);
      assertClose(t, x, invertInFloat64(p, p.y, p.kernel), 1e-5, `${name}: inverse`);
      assertClose(t, again, p.y, 1e-5, `${name}: convolution of the inverse`);
      const [pixels, taps] = [someEntries(p.y.length, 9), someEntries(p.kernel.length, 15)];
      assertClose(t, pixels.map((i) => dy[i]), paddedDifferences(p, 'y', pixels), 1e-4, `${name}: dy`); // prettier-ignore
      assertClose(t, taps.map((i) => dKernel[i]), paddedDifferences(p, 'kernel', taps), 1e-4, `${name}: dKernel`); // prettier-ignore
      t.is(leaked, 0, name);
    }
  });

  declare(`einsum, cumsum, gather and convolutions as on cpu ${where}`, async (t) => {
    await page.call('start', { backend, wasmPaths });
    const found = await page.call('repairedOperations');
    t.deepEqual(Object.keys(found), Object.keys(expected));
    for (const [name, values] of Object.entries(expected)) assertClose(t, found[name], values, 1e-4, name);
  });
}
