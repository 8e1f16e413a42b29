import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { FLOWS } from '../demos/playground/catalogue/flows.js';
import { ENERGIES, TOYS } from '../demos/playground/catalogue/targets.js';
import { servePlayground, trainUntil } from '../support/browser/playground.js';
import type { BenchResult } from './main.js';
import { formatTable } from './table.js';

/** A flow on a target in the page. */
interface Run {
  readonly target: string;
  readonly flow: string;
  readonly first_loss: number;
  readonly last_loss: number;
  readonly seconds: number;
  /** What the console said. */
  readonly problems: readonly string[];
}

/** What the page weighs, in kB gzipped. */
interface Weight {
  readonly part: string;
  readonly gzipped_kb: number;
}

interface PlaygroundGlobal {
  readonly playground: { readonly settings: { readonly target: string; readonly flow: string }; readonly lanes: { readonly history: { readonly loss: number; readonly heldOut: number | null }[] }[] };
  longest: number;
} // prettier-ignore

type Playground = Awaited<ReturnType<typeof servePlayground>>;

const STEPS = 100;

/** The playground: what it weighs, how soon it learns, how long its main thread is ever busy, and every flow on every target. */
export async function benchPlayground(quick: boolean): Promise<BenchResult> {
  const playground = await servePlayground();
  try {
    const opening = await watchOpening(playground, quick ? 5 : 20);
    const weights = weigh(playground);
    const runs: Run[] = [];
    for (const { id: flow, forEnergies } of FLOWS) {
      for (const { id: target } of [...TOYS, ...(forEnergies === null ? [] : ENERGIES)]) {
        if (quick && target !== 'twoMoons') continue;
        runs.push(await train(playground, flow, target));
        console.error(JSON.stringify(runs.at(-1)));
      }
    }
    const lower = runs.filter((run) => run.last_loss < run.first_loss).length;
    const tables = [
      formatTable([['part of the page', 'kB gzipped'], ...weights.map(({ part, gzipped_kb: kb }) => [part, kb.toFixed(0)])]),
      `First frame of training ${opening.first_frame_seconds.toFixed(1)} s after loading; longest task of the main thread while training ${opening.longest_task_ms.toFixed(0)} ms`,
      formatTable([
        ['flow', 'target', 'loss before', `after ${STEPS} steps`, 'seconds', 'complaints'],
        ...runs.map((run) => [run.flow, run.target, run.first_loss.toFixed(3), run.last_loss.toFixed(3), run.seconds.toFixed(1), String(run.problems.length)]),
      ]),
      `${lower} of ${runs.length} have lost loss.`,
    ];
    return { json: { bench: 'playground', quick, weights, opening, runs }, table: tables.join('\n\n') };
  } finally {
    await playground.close();
  }
} // prettier-ignore

/** What a visitor's browser has loaded by now. */
function weigh({ folder, served }: Playground): Weight[] {
  const sums = new Map<string, number>();
  for (const name of served) {
    if (!existsSync(join(folder, name))) continue;
    const part = name.endsWith('.wasm') ? 'WebAssembly of TensorFlow.js' : /plotly/.test(name) ? 'charts (plotly), once training has begun' : 'page, library, TensorFlow.js'; // prettier-ignore
    sums.set(part, (sums.get(part) ?? 0) + gzipSync(readFileSync(join(folder, name)), { level: 9 }).length);
  }
  return [...sums].map(([part, bytes]) => ({ part, gzipped_kb: bytes / 1000 })).sort((x, y) => y.gzipped_kb - x.gzipped_kb); // prettier-ignore
}

async function watchOpening(playground: Playground, seconds: number) {
  const began = performance.now();
  const { page } = await playground.open('#steps=100000');
  await trainUntil(page, 1);
  const first = (performance.now() - began) / 1000;
  await trainUntil(page, 100);
  await page.waitForSelector('#gradient .main-svg');
  await page.evaluate(() => {
    const scope = globalThis as unknown as PlaygroundGlobal;
    scope.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) scope.longest = Math.max(scope.longest, duration);
    }).observe({ entryTypes: ['longtask'] });
  });
  await page.waitForTimeout(1000 * seconds);
  const longest = await page.evaluate(() => (globalThis as unknown as PlaygroundGlobal).longest);
  await page.context().close();
  return { first_frame_seconds: first, longest_task_ms: longest };
}

async function train(playground: Playground, flow: string, target: string): Promise<Run> {
  const { page, problems } = await playground.open(`#${new URLSearchParams({ flow, target, size: 's', steps: String(STEPS) }).toString()}`);
  const began = performance.now();
  await trainUntil(page, STEPS);
  const seconds = (performance.now() - began) / 1000;
  const losses = await page.evaluate(() => (globalThis as unknown as PlaygroundGlobal).playground.lanes[0].history.map(({ loss, heldOut }) => heldOut ?? loss));
  await page.context().close();
  return { target, flow, first_loss: losses[0], last_loss: losses.at(-1)!, seconds, problems };
} // prettier-ignore
