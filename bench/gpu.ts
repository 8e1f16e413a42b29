import { fileURLToPath } from 'node:url';
import { openPage } from '../support/browser/open-page.js';
import type { MoonsStep } from '../support/browser/train-moons.js';
import type * as page from './gpu-page.js';
import type { BenchResult } from './main.js';
import { formatTable } from './table.js';

/** What training a small flow asks of a GPU backend. */
interface GpuResult {
  readonly backend: string;
  readonly renderer: string;
  /** Draw calls of webgl, dispatches of webgpu, in one training step. */
  readonly draws_per_step: number;
  /** Programs or pipelines compiled in all steps, those of the self-test left out. */
  readonly programs: number;
  readonly first_step_ms: number;
  readonly step_ms: number;
}

/** Counts draw calls and programs of a training step in headless Chromium, and times it on the software renderer. */
export async function benchGpu(quick: boolean): Promise<BenchResult> {
  const results: GpuResult[] = [];
  const missing: string[] = [];
  for (const backend of ['webgl', 'webgpu'] as const) {
    const tab = await openPage<typeof page>(fileURLToPath(new URL('./gpu-page.js', import.meta.url)));
    try {
      const obstacle = backend === 'webgpu' ? await tab.call('webgpuObstacle') : null;
      if (obstacle) {
        missing.push(`${backend}: ${obstacle}`);
        continue;
      }
      const renderer = await tab.call('start', backend);
      results.push(summarise(backend, renderer, await tab.call('train', quick ? 8 : 40)));
    } finally {
      await tab.close();
    }
  }
  const rows = results.map((result) => [
    result.backend,
    String(result.draws_per_step),
    String(result.programs),
    result.first_step_ms.toFixed(0),
    result.step_ms.toFixed(1),
  ]);
  const table = [
    formatTable([['', 'draws a step', 'programs', 'first step ms', 'step ms'], ...rows]),
    ...results.map(({ backend, renderer }) => `${backend} by ${renderer}`),
    ...missing,
    'Counts do not depend on the device. Milliseconds are those of a software renderer and say nothing about a GPU.',
  ].join('\n');
  return { json: { workload: 'gpu', title: TITLE, results, missing, quick }, table };
}

const TITLE = 'spline coupling, 2-D two moons, 3 layers, 8 bins, conditioners 1-32-32-23, batch 256, Adam';

/** Steps at the end of an epoch draw a little more: the median is a step within. */
function summarise(backend: string, renderer: string, steps: readonly MoonsStep[]): GpuResult {
  const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
  const later = steps.slice(Math.floor(steps.length / 2));
  return {
    backend,
    renderer,
    draws_per_step: median(later.map(({ draws }) => draws)),
    programs: steps.reduce((sum, { programs }) => sum + programs, 0),
    first_step_ms: round(steps[0].ms),
    step_ms: round(median(later.map(({ ms }) => ms))),
  };
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
