import test from 'ava';
import type { BackendName } from '../../src/index.js';
import { FUSED_OPS } from '../../src/kernels/fused-ops.js';
import { openPage } from '../support/browser.js';
import { isRowwise } from '../support/odd-samples.js';
import type * as kernels from './pages/kernels.js';
import type { Errors } from './pages/kernels.js';

const page = await openPage<typeof kernels>('kernels');
const obstacle = await page.call('webgpuObstacle');
test.after.always(() => page.close());

/** Most draws or dispatches of a training step; without these kernels there are 1578 and 1024. */
const DRAWS = { webgl: 120, webgpu: 120 };

for (const backend of ['webgl', 'webgpu'] satisfies BackendName[]) {
  const missing = backend === 'webgpu' ? obstacle : null;
  const declare = missing ? test.serial.skip : test.serial;
  const title = (claim: string) => `${claim} [${backend}]${missing ? `: ${missing}` : ''}`;

  declare(title('the self-test finds nothing wrong'), async (t) => {
    t.deepEqual(await page.call('start', backend), []);
  });

  for (const op of FUSED_OPS) {
    const { name } = op;
    declare(title(`${name}: kernel against float64`), async (t) => {
      const errors = [...(await page.call('onSamples', name)), ...(isRowwise(op) ? await page.call('onOddSizes', name) : [])]; // prettier-ignore
      t.true(errors.length > 0);
      t.deepEqual(errors.filter(isWrong), []);
    });
    if (!isRowwise(op)) continue;

    declare(title(`${name}: batches without rows, and NaN`), async (t) => {
      t.true((await page.call('withoutRows', name)).every((size) => size === 0));
      t.true(await page.call('withNaN', name));
    });
  }

  declare(title('splines with extreme parameters'), async (t) => {
    const errors = await page.call('onWildSplines');
    t.true(errors.length > 3);
    t.deepEqual(errors.filter(isWrong), []);
  });

  declare(title('splines at their knots, where gradients may be those of either side'), async (t) => {
    const errors = await page.call('atKnots');
    t.true(errors.length > 3);
    t.deepEqual(errors.filter(isWrong), []);
  });

  declare(title('nothing is left behind'), async (t) => {
    t.deepEqual(await page.call('leaks', 5), { tensors: 0, data: 0, bytes: 0 });
  });

  declare(title('training takes few draw calls and finds what wasm finds'), async (t) => {
    const { steps, tensors } = await page.call('train', 6);
    t.is(tensors, 0);
    const { draws } = steps.at(-1)!;
    t.true(draws > 10 && draws <= DRAWS[backend], `${draws}`);
    t.is((await page.call('train', 9)).bytes, 0);
    await page.call('start', 'wasm');
    const { steps: exact } = await page.call('train', 6);
    steps.forEach(({ loss }, i) => t.true(Math.abs(loss - exact[i].loss) < 1e-3, `step ${i}: ${loss} and ${exact[i].loss}`)); // prettier-ignore
    await page.call('start', backend);
  });

  declare(title('a broken kernel gives way to its reference, with one warning'), async (t) => {
    const { warnings, error } = await page.call('breakKernel');
    t.is(warnings.length, 1);
    t.regex(warnings[0], new RegExp(`TfjsFlowsBroken_\\S* failed .*"${backend}" of TensorFlow.js \\d+\\.\\d+`));
    t.true(error < 1e-6);
  });
}

function isWrong({ forward, gradient }: Errors): boolean {
  return !(forward < 1e-5 && gradient < 1e-4);
}
