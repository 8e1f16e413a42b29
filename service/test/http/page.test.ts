import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Page } from 'playwright-core';
import { collectProblems, launch } from '../../../support/browser/launch.js';
import { DensityEstimator, unpackModel } from '../../src/index.js';
import { csvOf, rowsOf, Service } from './fixture.js';

const service = new Service({ limits: { jobs: 1 } });
const browser = await launch();
test.before(() => service.start());
test.after.always(async () => {
  await browser.close();
  await service.remove();
});

async function open(): Promise<{ page: Page; problems: string[] }> {
  const page = await browser.newPage();
  const problems = collectProblems(page);
  await page.goto(service.url);
  return { page, problems };
}

async function choose(page: Page, csv: string, name: string): Promise<void> {
  await page.setInputFiles('#file', { name, mimeType: 'text/csv', buffer: Buffer.from(csv) });
}

test.serial('a table is fitted on the page, looked at, and its model downloaded', async (t) => {
  const { page, problems } = await open();
  await page.waitForSelector('#models >> text=None yet.');
  await choose(page, csvOf(rowsOf(300, 'page')), 'my rows.csv');
  t.is(await page.inputValue('#name'), 'my-rows', 'named as the file is');
  await page.fill('#seconds', '3');
  await page.selectOption('#model', 'spline-coupling');
  await page.click('text="Fit"');
  await page.waitForSelector('#message >> text=/pass \\d+, held out/');
  await page.waitForSelector('#message >> text=Done: my-rows, version 1.');

  await page.waitForSelector('#pairs .plotly');
  const { traces, points } = await page.evaluate(() => {
    const { data } = document.querySelector('#pairs') as unknown as { data: { x?: unknown[] }[] };
    return { traces: data.length, points: Math.max(...data.map(({ x }) => x?.length ?? 0)) };
  });
  t.true(traces >= 9, `${traces} traces: each pair of three columns, in data and in draws`);
  t.true(points >= 300);
  t.regex((await page.textContent('#explained'))!, /spline-coupling, [\d,]+ weights, -?[\d.]+ nats a row on \d+ held-out rows/);
  t.is(await page.locator('#columns tr').count(), 3);

  const [download] = await Promise.all([page.waitForEvent('download'), page.click('text="Download"')]);
  t.is(download.suggestedFilename(), 'my-rows-1.tar.gz');
  const path = join(service.root, 'downloaded.tar.gz');
  await download.saveAs(path);
  t.true(readFileSync(path).length > 1000);
  const folder = join(service.root, 'downloaded');
  await unpackModel(createReadStream(path), folder, 1e8);
  using estimator = await DensityEstimator.load(folder);
  t.true(Number.isFinite(await estimator.score(rowsOf(10, 'page'))));
  t.deepEqual(problems, []);
  await page.close();
}); // prettier-ignore

test.serial('a fit is stopped; a table that is none, and too many jobs, are told of', async (t) => {
  const { page } = await open();
  // Enough to be busy with until it is stopped.
  await choose(page, csvOf(rowsOf(30_000, 'page')), 'long.csv');
  await page.fill('#seconds', '600');
  await page.click('text="Fit"');
  await page.waitForSelector('#message >> text=/pass/');
  const other = await open();
  await choose(other.page, csvOf(rowsOf(30, 'page')), 'other.csv');
  await other.page.click('text="Fit"');
  await other.page.waitForSelector('#message.bad');
  t.regex((await other.page.textContent('#message'))!, /jobs/);
  await other.page.close();
  await page.click('text="Stop"');
  await page.waitForSelector('#message >> text=Stopped.');

  await choose(page, 'a,b,c\n1,2\n3,4\n', 'ragged.csv');
  await page.fill('#name', 'ragged');
  await page.click('text="Fit"');
  await page.waitForSelector('#message.bad');
  t.regex((await page.textContent('#message'))!, /one number of cells/);
  await page.close();
});
