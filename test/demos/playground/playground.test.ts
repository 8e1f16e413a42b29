import test from 'ava';
import type { Page } from 'playwright-core';
import { fileURLToPath } from 'node:url';
import { build, preview } from 'vite';
import { collectProblems, launch } from '../../../support/browser/launch.js';

const configFile = fileURLToPath(new URL('../../../../demos/playground/vite.config.ts', import.meta.url));

await build({ configFile, logLevel: 'error' });
const server = await preview({ configFile, logLevel: 'error', preview: { host: '127.0.0.1', port: 0 } });
const browser = await launch();
test.after.always(async () => {
  await browser.close();
  await server.close();
});

/** Step and first figure after it, a loss, of the first lane. */
async function progress(page: Page): Promise<{ step: number; loss: number }> {
  const text = (await page.textContent('#lanes')) ?? '';
  const [, step = '0', loss = 'NaN'] = /step\s*([\d,]+)\s*(?:loss|KL)\s*(-?[\d.]+)/.exec(text) ?? [];
  return { step: Number(step.replaceAll(',', '')), loss: Number(loss) };
}

async function trainUntil(page: Page, least: number): Promise<number> {
  for (let tries = 0; tries < 600; tries++) {
    const { step, loss } = await progress(page);
    if (step >= least) return loss;
    await page.waitForTimeout(50);
  }
  throw new Error(`Not at step ${least} after half a minute: ${await page.textContent('body')}`);
}

/** Number of weights of the flow that trains; flows differ in it. */
async function sizeOf(page: Page): Promise<string | undefined> {
  return /([\d,]+) parameters/.exec((await page.textContent('#lanes')) ?? '')?.[1];
}

/** A page at a link, with what it complains about. */
async function open(hash = ''): Promise<{ page: Page; problems: string[] }> {
  const page = await browser.newPage();
  const problems = collectProblems(page);
  await page.goto(`${server.resolvedUrls!.local[0]}${hash}`);
  return { page, problems };
}

test.serial('a flow begins to learn by itself, and its loss falls', async (t) => {
  const { page, problems } = await open();
  const first = await trainUntil(page, 1);
  const last = await trainUntil(page, 120);
  t.true(last < first - 0.3, `from ${first} to ${last}`);
  t.true(last < 3.2, `${last}`);
  await page.setViewportSize({ width: 390, height: 800 });
  await trainUntil(page, 140);
  t.deepEqual(problems, []);
  await page.close();
});

test.serial('every flow and every energy trains without a complaint', async (t) => {
  const { page, problems } = await open();
  const flows = page.locator('#lanes select').first();
  const values = await flows.locator('option').evaluateAll((options) => options.map((option) => (option as HTMLOptionElement).value)); // prettier-ignore
  t.true(values.length >= 8);
  for (const value of values.reverse()) {
    const before = await sizeOf(page);
    await flows.selectOption(value);
    while ((await sizeOf(page)) === before) await page.waitForTimeout(50);
    t.true(Number.isFinite(await trainUntil(page, 3)), value);
  }
  for (const energy of ['Double well', 'Müller-Brown', 'Ring of wells']) {
    await page.getByRole('button', { name: energy }).click();
    await page.waitForFunction(() => /KL.*ESS/.test(document.querySelector('#lanes')?.textContent ?? ''));
    t.true(Number.isFinite(await trainUntil(page, 3)), energy);
  }
  t.deepEqual(problems, []);
  await page.close();
});

test.serial('a click on a point takes its log-density apart, layer by layer', async (t) => {
  const { page, problems } = await open();
  await trainUntil(page, 20);
  await page
    .locator('#lanes canvas')
    .first()
    .click({ position: { x: 150, y: 150 } });
  await page.waitForFunction(() => /log p\(/.test(document.querySelector('#lanes')?.textContent ?? ''));
  t.regex((await page.textContent('#lanes')) ?? '', /log p\(.*base/s);
  t.deepEqual(problems, []);
  await page.close();
});
