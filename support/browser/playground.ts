import { createServer } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { build } from 'vite';
import { collectProblems, launch } from './launch.js';

const configFile = fileURLToPath(new URL('../../../demos/playground/vite.config.ts', import.meta.url));
/** The page lies under a path, on a host that knows nothing but files. */
const PREFIX = '/some/where/';
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm', '.json': 'application/json' }; // prettier-ignore

/** What a page was opened with, and what it did since. */
export interface Opened {
  readonly page: Page;
  readonly problems: string[];
  /** Addresses that it asked for outside its folder. */
  readonly foreign: string[];
}

/** Builds the playground and serves it. */
export async function servePlayground() {
  const folder = mkdtempSync(join(tmpdir(), 'playground-'));
  await build({ configFile, logLevel: 'error', build: { outDir: folder } });
  const served = new Set<string>();
  const server = createServer((request, response) => {
    const path = new URL(request.url!, 'http://localhost').pathname;
    const name = path === PREFIX ? 'index.html' : path.slice(PREFIX.length);
    served.add(name);
    readFile(join(folder, name)).then(
      (bytes) => response.writeHead(200, { 'content-type': TYPES[extname(name)] ?? 'application/octet-stream' }).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${PREFIX}`;
  const browser = await launch();
  return {
    url,
    /** The built page. */
    folder,
    /** Names of the files that were asked for. */
    served,
    async open(hash = '', viewport = { width: 1200, height: 800 }): Promise<Opened> {
      const context = await browser.newContext({ viewport, acceptDownloads: true });
      const page = await context.newPage();
      const problems = collectProblems(page);
      const foreign: string[] = [];
      page.on('request', (request) => {
        const asked = request.url();
        if (!asked.startsWith(url) && !/^(blob|data):/.test(asked)) foreign.push(asked);
      });
      await page.goto(`${url}${hash}`);
      return { page, problems, foreign };
    },
    async close(): Promise<void> {
      await browser.close();
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
} // prettier-ignore

/** Step and first figure after it, a loss, of a lane. */
export async function progress(page: Page, lane = 0): Promise<{ step: number; loss: number }> {
  const text = (await page.locator('#lanes .figures').nth(lane).textContent()) ?? '';
  const [, step = '0', loss = 'NaN'] = /step\s*([\d,]+)\s*(?:loss|KL)\s*(-?[\d.]+)/.exec(text) ?? [];
  return { step: Number(step.replaceAll(',', '')), loss: Number(loss) };
}

/** Waits until a lane has come so far; its loss then. */
export async function trainUntil(page: Page, least: number, lane = 0): Promise<number> {
  for (let tries = 0; tries < 1200; tries++) {
    const { step, loss } = await progress(page, lane);
    if (step >= least) return loss;
    await page.waitForTimeout(50);
  }
  throw new Error(`Not at step ${least} after a minute: ${await page.textContent('body')}`);
}
