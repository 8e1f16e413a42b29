import test from 'ava';
import type { BackendName } from '../../src/index.js';
import { openPage } from '../support/browser.js';
import { assertClose } from '../support/close.js';
import type * as backends from './pages/backends.js';
import { ON_GPU } from '../../support/browser/drawing.js';
import { WASM_PATH } from '../../support/browser/wasm-path.js';

const page = await openPage<typeof backends>('backends');
const webgpuObstacle = await page.call('webgpuObstacle');
test.after.always(() => page.close());

test.serial('the library loads in a page that has nothing of Node', async (t) => {
  t.true(await page.call('isIsolated'));
});

const choice = ON_GPU ? 'webgpu' : 'wasm';
test.serial(`${ON_GPU ? 'with' : 'without'} a hardware GPU, ready() picks ${choice} and says why`, async (t) => {
  const { backend, reason, skipped } = await page.call('start', { wasmPaths: WASM_PATH });
  t.is(backend, choice);
  t.regex(reason, /\.$/);
  t.deepEqual(
    skipped.map((other) => other.backend),
    ON_GPU ? [] : ['webgpu', 'webgl'],
  );
  for (const other of skipped) t.not(other.reason, '');
});

for (const backend of ['webgl', 'wasm', 'cpu', 'webgpu'] satisfies BackendName[]) {
  const obstacle = backend === 'webgpu' ? webgpuObstacle : null;
  const declare = obstacle ? test.serial.skip : test.serial;
  declare(`maps, log-determinants and gradients [${backend}]${obstacle ? `: ${obstacle}` : ''}`, async (t) => {
    const report = await page.call('start', { backend, wasmPaths: WASM_PATH });
    t.deepEqual(report, { backend, reason: 'It was asked for.', skipped: [] });
    const { y, logDet, gradient, leaked } = await page.call('transform');
    // Before the permutation: 2 * 0.25 + 1, 0.5 * -2 - 1, -4 * 3 + 0.5.
    assertClose(t, y, [-11.5, 1.5, -1], 1e-5, 'image');
    assertClose(t, logDet, [Math.log(4)], 1e-5, 'log-determinant');
    assertClose(t, gradient, [2 * 1.5 * 2, 2 * -1 * 0.5, 2 * -11.5 * -4], 1e-5, 'gradient');
    t.is(leaked, 0);
    // Of which 4e-7 is what a reduction in float32 costs far away.
    t.true((await page.call('sineError')) < 6e-7, `sines are off by ${await page.call('sineError')}`);
  });
}

test.serial('wasm runs without threads where the page is not isolated', async (t) => {
  const plain = await openPage<typeof backends>('backends', { isolated: false });
  t.teardown(() => plain.close());
  t.false(await plain.call('isIsolated'));
  t.is((await plain.call('start', { backend: 'wasm', wasmPaths: WASM_PATH })).backend, 'wasm');
  assertClose(t, (await plain.call('transform')).logDet, [Math.log(4)], 1e-5);
});
