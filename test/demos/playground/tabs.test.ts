import test from 'ava';
import type { Page } from 'playwright-core';
import { progress, servePlayground, trainUntil } from '../../../support/browser/playground.js';

const playground = await servePlayground();
test.after.always(() => playground.close());

function figure(text: string, name: string): number {
  return Number(new RegExp(`${name} (-?[\\d.,]+)`).exec(text)?.[1].replaceAll(',', '') ?? NaN);
}

async function rotationFigures(page: Page): Promise<{ step: number; kl: number; ess: number }> {
  const text = (await page.textContent('#rotations .figures')) ?? '';
  return { step: figure(text, 'step'), kl: figure(text, 'KL'), ess: figure(text, 'ESS') };
}

test.serial('rotations are learned from their energy; the plane waits meanwhile', async (t) => {
  const { page, problems, foreign } = await playground.open('#size=s&steps=5000');
  await trainUntil(page, 5);
  await page.getByRole('tab', { name: 'Rotations' }).click();
  await page.waitForFunction(() => /step/.test(document.querySelector('#rotations .figures')?.textContent ?? ''));
  const first = await rotationFigures(page);
  while ((await rotationFigures(page)).step < 250) await page.waitForTimeout(100);
  const last = await rotationFigures(page);
  t.true(last.kl < first.kl / 2, `${first.kl} to ${last.kl} nats`);
  t.true(last.ess > 30, `${last.ess} %`);
  t.regex(page.url(), /#tab=rotations&strength=4/);
  const before = (await progress(page)).step;
  const sphere = page.locator('#rotations canvas').nth(1);
  const picture = await page.locator('#rotations canvas').nth(2).evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL()); // prettier-ignore
  await sphere.press('ArrowLeft');
  // Both spheres turn.
  await page.waitForFunction((before) => (document.querySelectorAll('#rotations canvas')[2] as HTMLCanvasElement).toDataURL() !== before, picture); // prettier-ignore
  t.true((await progress(page)).step <= before + 1);
  await page.getByRole('tab', { name: 'Rotations' }).press('ArrowLeft');
  await trainUntil(page, before + 5);
  t.deepEqual(problems, []);
  t.deepEqual(foreign, []);
  await page.context().close();
});

test.serial('digits are drawn, and there are ways between them', async (t) => {
  const { page, problems, foreign } = await playground.open('#tab=digits&from=1a&to=7b', { width: 390, height: 800 });
  await page.waitForFunction(() => /bits a pixel.*bits a pixel/.test(document.querySelector('#digits')?.textContent?.replaceAll('\n', ' ') ?? '')); // prettier-ignore
  const bits = [...(await page.textContent('#digits'))!.matchAll(/has ([\d.]+) bits/g)].map(([, value]) => Number(value));
  t.is(bits.length, 2);
  t.true(bits.every((value) => value > 0.5 && value < 4), `digits that it has not seen, of 8 bits: ${bits.join(', ')}`);
  const pixels = (index: number) => page.locator('#digits canvas').nth(index).evaluate((element) => {
    const { width, height } = element as HTMLCanvasElement;
    const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
    copy.drawImage(element as HTMLCanvasElement, 0, 0);
    return Array.from(copy.getImageData(0, 0, width, height).data);
  });
  await page.waitForFunction(() => (document.querySelector('#digits canvas') as HTMLCanvasElement).width > 130);
  const draws = await pixels(0);
  await page.getByRole('button', { name: 'Draw' }).click();
  await page.waitForFunction(() => location.hash.includes('seed=2'));
  while (JSON.stringify(await pixels(0)) === JSON.stringify(draws)) await page.waitForTimeout(100);
  // At its end the way is at the digit itself, to the pixel: left by the flow, right as it is.
  await page.getByLabel('From one digit to the other').fill('0');
  const frame = await pixels(21);
  const [width, side] = [33, 16];
  const apart = Array.from({ length: side * side }, (_, i) => {
    const at = 4 * (Math.floor(i / side) * width + (i % side));
    return Math.abs(frame[at] - frame[at + 4 * (side + 1)]);
  });
  t.true(Math.max(...apart) <= 1, `${Math.max(...apart)} grey levels apart`);
  t.is(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  t.deepEqual(problems, []);
  t.deepEqual(foreign, []);
  await page.context().close();
}); // prettier-ignore
