import { readFileSync } from 'node:fs';
import test from 'ava';
import type { Download, Page } from 'playwright-core';
import { progress, servePlayground, trainUntil } from '../../../support/browser/playground.js';

const playground = await servePlayground();
test.after.always(() => playground.close());

const SMALL = '#size=s&steps=60';

interface Global {
  readonly playground: { readonly lanes: readonly { readonly view: Record<string, unknown> & { brushed: Set<number>; position: number; frame: { samples: Float32Array } }; readonly client: { send(command: object): void } }[] };
} // prettier-ignore

/** Something that the first lane of the page knows. */
function lane<T>(page: Page, read: (view: Global['playground']['lanes'][0]['view']) => T): Promise<T> {
  return page.evaluate(`(${read.toString()})(globalThis.playground.lanes[0].view)`);
}

async function downloadBy(page: Page, name: string): Promise<Download> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
  return download;
}

async function pictureOf(page: Page, index: number): Promise<string> {
  return page.locator('#lanes canvas').nth(index).evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL()); // prettier-ignore
}

test.serial('the plane: a point taken apart, brushing, the slider, layers on and off', async (t) => {
  const { page, problems } = await playground.open(SMALL);
  await trainUntil(page, 60);
  const plane = page.locator('#lanes canvas').first();
  await plane.click({ position: { x: 150, y: 150 } });
  await page.waitForFunction(() => /log p\(/.test(document.querySelector('#lanes')?.textContent ?? ''));
  t.regex((await page.textContent('#lanes')) ?? '', /log p\(.*base/s);
  const report = await lane(page, (view) => view.inspected as { logDets: number[]; baseLogProb: number; logProb: number });
  const sum = Object.values(report.logDets).reduce((total, value) => total - value, report.baseLogProb);
  t.true(Math.abs(sum - report.logProb) < 1e-3, `${sum}, ${report.logProb}`);

  t.is(await lane(page, (view) => view.brushed.size), 0);
  const box = (await plane.boundingBox())!;
  await page.mouse.move(box.x + 20, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 20, box.y + box.height - 20, { steps: 4 });
  await page.mouse.up();
  t.true((await lane(page, (view) => view.brushed.size)) > 500, 'points are linked to those of the base');

  const before = await pictureOf(page, 1);
  await page.getByRole('slider', { name: 'From base to data' }).fill('0');
  t.is(await lane(page, (view) => view.position), 0);
  await page.waitForTimeout(100);
  t.not(await pictureOf(page, 1), before, 'the map is drawn where the slider is');
  await page.getByRole('button', { name: 'Travel' }).click();
  await page.waitForFunction(() => (globalThis as unknown as Global).playground.lanes[0].view.position > 1);

  const samples = await lane(page, (view) => Array.from(view.frame.samples.slice(0, 20)));
  await page.locator('#lanes .chips button').first().click();
  await page.waitForFunction((first) => (globalThis as unknown as Global).playground.lanes[0].view.frame.samples[0] !== first, samples[0]);
  t.is(await page.locator('#lanes .chips button').first().getAttribute('aria-pressed'), 'false');
  await page.locator('#lanes .chips button').first().click();
  await page.waitForFunction((first) => (globalThis as unknown as Global).playground.lanes[0].view.frame.samples[0] === first, samples[0]);
  t.deepEqual(problems, []);
  await page.context().close();
}); // prettier-ignore

test.serial('play, step and reset by keys; another size and colour scheme', async (t) => {
  const { page, problems } = await playground.open('#size=s&steps=5000');
  await trainUntil(page, 10);
  await page.keyboard.press(' ');
  await page.waitForSelector('#play >> text=Play');
  let step = -1;
  for (let now = (await progress(page)).step; now !== step; now = (await progress(page)).step) {
    step = now;
    await page.waitForTimeout(500);
  }
  await page.keyboard.press('s');
  await page.waitForFunction((n) => (document.querySelector('#lanes')?.textContent ?? '').includes(`step ${n.toLocaleString('en')}`), step + 1); // prettier-ignore
  t.is((await progress(page)).step, step + 1);
  await page.setViewportSize({ width: 500, height: 700 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.waitForFunction(() => {
    const canvas = document.querySelector('#lanes canvas') as HTMLCanvasElement;
    return canvas.clientWidth > 400 && Math.abs(canvas.width - canvas.clientWidth * devicePixelRatio) <= 1;
  });
  await page.keyboard.press('r');
  await page.waitForSelector('#play >> text=Pause');
  await trainUntil(page, 1);
  t.deepEqual(problems, []);
  await page.context().close();
});

test.serial('a link brings the same run; models, draws and pictures are kept', async (t) => {
  const { page, problems } = await playground.open('#target=rings&flow=realnvp&size=s&seed=5&steps=40');
  const loss = await trainUntil(page, 40);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.click('#link');
  await page.waitForSelector('#message >> text=clipboard');
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const again = await playground.open(link.slice(link.indexOf('#')));
  t.is(await trainUntil(again.page, 40), loss);
  t.deepEqual(again.problems, []);
  await again.page.context().close();

  const csv = readFileSync(await (await downloadBy(page, 'Samples as CSV')).path(), 'utf8').split('\n');
  t.is(csv[0], 'x,y');
  t.is(csv.length, 5001);
  t.true(csv.slice(1).every((line) => line.split(',').map(Number).every(Number.isFinite))); // prettier-ignore
  t.deepEqual([...readFileSync(await (await downloadBy(page, 'Density as PNG')).path()).subarray(1, 4)], [...Buffer.from('PNG')]); // prettier-ignore
  t.regex(readFileSync(await (await downloadBy(page, 'Loss as SVG')).path(), 'utf8'), /^<svg/);

  const downloads: Download[] = [];
  page.on('download', (download) => downloads.push(download));
  await page.click('#save');
  while (downloads.length < 2) await page.waitForTimeout(50);
  const files = await Promise.all(downloads.map(async (download) => ({ name: download.suggestedFilename(), mimeType: 'application/octet-stream', buffer: readFileSync(await download.path()) }))); // prettier-ignore
  await page.setInputFiles('#load', files);
  const first = await trainUntil(page, 1);
  t.true(first < loss + 0.6, `goes on from what it knew: ${first} after ${loss}`);
  t.deepEqual(problems, []);
  await page.context().close();
});

test.serial('broken weights, a lost context and another engine: training goes on', async (t) => {
  const { page, problems } = await playground.open('#size=s&steps=5000&backend=cpu');
  const send = (type: string) => page.evaluate((command) => (globalThis as unknown as Global).playground.lanes[0].client.send(command), { type }); // prettier-ignore
  await trainUntil(page, 5);
  await send('spoil-weights');
  await page.waitForSelector('#message >> text=/Press (Play|Reset)/');
  await page.waitForSelector('#play >> text=Play');
  await page.click('#reset');
  await trainUntil(page, 5);

  await page.locator('#backend').selectOption('webgl');
  await page.waitForFunction(() => document.body.dataset.backend === 'webgl');
  await trainUntil(page, 2);
  await send('lose-context');
  await page.waitForSelector('#message >> text=taken the GPU away');
  await page.waitForFunction(() => document.body.dataset.backend === 'wasm');
  await trainUntil(page, 50);
  t.deepEqual(problems.filter((problem) => !/CONTEXT_LOST|context lost/i.test(problem)), []); // prettier-ignore
  await page.context().close();
});

test.serial('what a visitor brings: a table, and a drawing', async (t) => {
  const { page, problems } = await playground.open(SMALL);
  await trainUntil(page, 1);
  await page.getByText('Bring your own target').click();
  const csv = `a,b\n${Array.from({ length: 300 }, (_, i) => `${Math.sin(i)},${Math.cos(i) * 2}`).join('\n')}\n`;
  await page.setInputFiles('#csv', { name: 'ring.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
  await page.waitForFunction(() => (document.querySelector('#code-text')?.textContent ?? '').includes('ring.csv'));
  t.true(Number.isFinite(await trainUntil(page, 20)));
  const pad = (await page.locator('#pad').boundingBox())!;
  await page.mouse.move(pad.x + 40, pad.y + 40);
  await page.mouse.down();
  await page.mouse.move(pad.x + 140, pad.y + 140, { steps: 8 });
  await page.mouse.up();
  await page.click('#pad-train');
  await page.waitForFunction(() => !(document.querySelector('#code-text')?.textContent ?? '').includes('ring.csv'));
  t.true(Number.isFinite(await trainUntil(page, 20)));
  await page.setInputFiles('#csv', { name: 'words.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b\nx,y\n') });
  await page.waitForSelector('#message:not([hidden])');
  t.deepEqual(problems, []);
  await page.context().close();
});
