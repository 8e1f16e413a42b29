import test from 'ava';
import { openPage } from '../support/browser.js';
import { assertEdgeCases, SINGULAR } from '../support/linalg-edges.js';
import type * as linalg from './pages/linalg.js';

/** Every backend that has programs of its own; float32 throughout. */
const BACKENDS = ['webgl', 'webgpu'] as const;

const OPS = ['Slogdet', 'LU', 'Inverse', 'Solve', 'TriangularSolve'].map((name) => `TfjsFlows${name}`);

const page = await openPage<typeof linalg>('linalg');
const webgpuObstacle = await page.call('webgpuObstacle');
test.after.always(() => page.close());

for (const backend of BACKENDS) {
  const obstacle = backend === 'webgpu' ? webgpuObstacle : null;
  const declare = obstacle ? test.serial.skip : test.serial;
  const title = (what: string) => `${what} [${backend}]${obstacle ? `: ${obstacle}` : ''}`;

  declare(title('linear algebra runs as kernels'), async (t) => {
    await page.call('start', backend);
    t.deepEqual(await page.call('missingKernels', OPS), []);
  });

  for (const [n, count] of [
    [1, 4],
    [2, 5],
    [3, 300],
    [8, 3],
    [16, 2],
    [33, 2],
    [64, 1],
  ] as const) {
    // prettier-ignore
    declare(title(`linear algebra of ${count} matrices ${n} by ${n} against float64`), async (t) => {
      await page.call('start', backend);
      for (const { name, error } of await page.call('errors', n, count)) t.true(error < 1e-6, `${name}: ${error}`);
    });
  }

  declare(title('first and second derivatives of linear algebra, and no tensor left behind'), async (t) => {
    await page.call('start', backend);
    const { found, leaked } = await page.call('derivativeErrors', 3);
    for (const { name, first, second } of found) {
      t.true(first < 1e-4, `${name}, first: ${first}`);
      t.true(second < 1e-3, `${name}, second: ${second}`);
    }
    t.is(leaked, 0);
  });

  declare(title('a batch without matrices'), async (t) => {
    await page.call('start', backend);
    const [a, b] = [
      [2, 0, 3, 3],
      [2, 0, 3, 1],
    ];
    t.deepEqual(await page.call('emptyBatch'), [[2, 0], a, [2, 0, 3], b, a, b]);
  });

  declare(title('matrices that are singular or not finite'), async (t) => {
    await page.call('start', backend);
    assertEdgeCases(t, await page.call('edgeCases'));
    t.deepEqual(await page.call('singularDeterminants'), SINGULAR.map(() => '0 -Infinity')); // prettier-ignore
  });
}
