import test from 'ava';
import { FLOWS } from '../../../demos/playground/catalogue/flows.js';
import { ENERGIES, TOYS } from '../../../demos/playground/catalogue/targets.js';
import { servePlayground, trainUntil } from '../../../support/browser/playground.js';

const playground = await servePlayground();
test.after.always(() => playground.close());

test.serial('a flow begins to learn by itself, from files of its own folder alone', async (t) => {
  const { page, problems, foreign } = await playground.open();
  const first = await trainUntil(page, 1);
  const last = await trainUntil(page, 120);
  t.true(last < first - 0.3, `from ${first} to ${last}`);
  t.true(last < 3.2, `${last}`);
  await page.setViewportSize({ width: 390, height: 800 });
  await trainUntil(page, 140);
  t.is(await page.evaluate(() => document.documentElement.scrollWidth), 390, 'nothing is wider than a phone');
  t.deepEqual(problems, []);
  t.deepEqual(foreign, []);
  await page.context().close();
});

// Each flow and each target once; slow flows take fewer steps.
const SLOW = new Set(['cnf', 'residual']);
// Energies come last, and so do the flows that can learn them.
const TARGETS = [...TOYS, ...ENERGIES];
const flows = FLOWS.toSorted((a, b) => Number(a.forEnergies !== null) - Number(b.forEnergies !== null));
const CASES = TARGETS.map(({ id }, i) => ({
  target: id,
  flow: flows[i % flows.length === 0 && i > 0 ? 1 : i % flows.length].id,
}));

test('every flow and every target is among the cases', (t) => {
  t.deepEqual([...new Set(CASES.map(({ flow }) => flow))].sort(), FLOWS.map(({ id }) => id).sort());
  t.deepEqual(
    CASES.map(({ target }) => target),
    TARGETS.map(({ id }) => id),
  );
  t.true(CASES.every(({ target, flow }) => TOYS.some(({ id }) => id === target) || FLOWS.find(({ id }) => id === flow)!.forEnergies !== null)); // prettier-ignore
});

test.serial('flows on targets lose loss, without a complaint', async (t) => {
  const { page, problems } = await playground.open('#steps=1');
  for (const { target, flow } of CASES) {
    const steps = SLOW.has(flow) ? 20 : 100;
    await page.evaluate((hash) => (location.hash = hash), `#${new URLSearchParams({ target, flow, size: 's', steps: String(steps) }).toString()}`); // prettier-ignore
    await page.waitForFunction(
      ([to, by]) => {
        const { settings } = (globalThis as unknown as { playground: { settings: { target: string; flow: string } } })
          .playground;
        return settings.target === to && settings.flow === by;
      },
      [target, flow],
    );
    await trainUntil(page, steps);
    const losses = await page.evaluate(() => (globalThis as unknown as { playground: { lanes: { history: { loss: number; heldOut: number | null }[] }[] } }).playground.lanes[0].history.map(({ loss, heldOut }) => heldOut ?? loss)); // prettier-ignore
    t.true(losses.every(Number.isFinite), `${flow} on ${target}`);
    t.true(losses.at(-1)! < losses[0], `${flow} on ${target}: ${losses.join(', ')}`);
  }
  t.deepEqual(problems, []);
  await page.context().close();
});

test.serial('two flows learn the same rows side by side, by one seed', async (t) => {
  const { page, problems } = await playground.open('#flow=spline&size=s&seed=7&steps=30');
  await trainUntil(page, 30);
  await page.click('#versus');
  await page.waitForSelector('#lanes .lane:nth-child(2)');
  await page.locator('#lanes select').nth(2).selectOption('spline');
  await page.waitForFunction(() => location.hash.includes('versus=spline'));
  const losses = [await trainUntil(page, 30, 0), await trainUntil(page, 30, 1)];
  t.is(losses[0], losses[1], 'the same flow twice is the same to the last digit');
  t.deepEqual(problems, []);
  await page.context().close();
});
