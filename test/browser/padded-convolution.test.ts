import test from 'ava';
import type { BackendName } from '../../src/index.js';
import { openPage } from '../support/browser.js';
import { assertClose } from '../support/close.js';
import { invertInFloat64, PADDED_PROBLEMS, paddedDifferences, someEntries } from '../support/padded-problem.js';
import type * as padded from './pages/padded-convolution.js';

const page = await openPage<typeof padded>('padded-convolution');
const webgpuObstacle = await page.call('webgpuObstacle');
test.after.always(() => page.close());

for (const backend of ['webgl', 'webgpu'] satisfies BackendName[]) {
  const obstacle = backend === 'webgpu' ? webgpuObstacle : null;
  const declare = obstacle ? test.serial.skip : test.serial;
  declare(`padded convolution, inverse and gradients [${backend}]${obstacle ? `: ${obstacle}` : ''}`, async (t) => {
    await page.call('start', { backend });
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
}
