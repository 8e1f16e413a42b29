import test from 'ava';
import { openPage } from '../support/browser.js';
import type * as linalg from './pages/linalg.js';

/** Every backend that has programs of its own; float32 throughout. */
const BACKENDS = ['webgl', 'webgpu'] as const;

const OPS = ['Slogdet', 'LU', 'Inverse', 'Solve', 'TriangularSolve'].map((name) => `TfjsFlows${name}`);

const NAN4 = ['NaN', 'NaN', 'NaN', 'NaN'];
const bad = (count: number) => Array.from({ length: count }, () => NAN4).flat();

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

  for (const [n, count] of [[1, 4], [2, 5], [3, 300], [8, 3], [16, 2], [33, 2], [64, 1]] as const) { // prettier-ignore
    declare(title(`linear algebra of ${count} matrices ${n} by ${n} against float64`), async (t) => {
      await page.call('start', backend);
      for (const { name, error } of await page.call('errors', n, count)) t.true(error < 1e-5, `${name}: ${error}`);
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

  declare(title('matrices that are singular or not finite'), async (t) => {
    await page.call('start', backend);
    const found = await page.call('edgeCases');
    t.deepEqual(found.sign, ['1', '0', '0', 'NaN', 'NaN', 'NaN']);
    t.deepEqual(found.logAbsDet, found.log);
    t.is(Number(found.log[0]).toFixed(5), Math.log(8).toFixed(5));
    t.deepEqual(found.log.slice(1), ['-Infinity', '-Infinity', 'NaN', 'NaN', 'NaN']);
    t.deepEqual(found.inverse, ['0.5', '0', '0', '0.25', ...bad(5)]);
    t.deepEqual(found.solve, ['1', 'NaN', '1', 'NaN', ...bad(5)]);
    const fine = ['1', '1', '-0.25', '-0.25'];
    t.deepEqual(found.triangularSolve.slice(0, 8), ['1', 'NaN', '1', 'NaN', ...fine]);
    t.deepEqual(found.triangularSolve.slice(8, 16), bad(2));
    t.deepEqual(found.triangularSolve.slice(16, 20), ['1', '1', '1', '1']);
    t.deepEqual(found.triangularSolve.slice(20), NAN4);
    t.deepEqual(found.upper.slice(0, 12), ['2', '0', '0', '4', '2', '4', '0', '0', '0', '0', '0', '0']);
    t.deepEqual(found.lower.slice(0, 8), ['1', '0', '0', '1', '1', '0', '0.5', '1']);
    for (const at of [12, 16, 20]) {
      t.deepEqual(found.lower.slice(at, at + 4), ['1', '0', 'NaN', '1']);
      t.deepEqual(found.upper.slice(at, at + 4), ['NaN', 'NaN', '0', 'NaN']);
    }
    t.deepEqual(found.permutation, ['0', '1', '1', '0', '0', '1', '0', '1', '0', '1', '0', '1']);
  });
}
