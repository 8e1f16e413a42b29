import { fileURLToPath } from 'node:url';
import { ON_GPU } from '../support/browser/drawing.js';
import { openPage, type OpenPage } from '../support/browser/open-page.js';
import type { MoonsStep } from '../support/browser/train-moons.js';
import type * as page from './gpu-page.js';
import type { BenchResult } from './main.js';
import { formatTable } from './table.js';
import { median } from './timing.js';

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

/** What a training step of a larger flow takes. */
interface TrainingResult {
  readonly backend: string;
  readonly flow: string;
  readonly batch: number;
  readonly step_ms: number;
  readonly rows_per_second: number;
  /** Mean loss of the first epoch, which backends agree on but for rounding. */
  readonly loss: number;
}

const TITLE = 'spline coupling, 2-D two moons, 3 layers, 8 bins, conditioners 1-32-32-23, batch 256, Adam';

/** Flows that a GPU is for: spline couplings with LU layers and 8 bins, by dimensions, layers and hidden units. */
const LARGER: Record<string, page.FlowSizes> = {
  '6-D, 5 layers, 2 x 128': { dims: 6, layers: 5, hidden: [128, 128] },
  '43-D, 10 layers, 2 x 256': { dims: 43, layers: 10, hidden: [256, 256] },
};
const BATCH_SIZES = [512, 4096, 16384];

/**
 * Counts draw calls and programs of a training step in headless Chromium, and times it. On a GPU it times training of
 * larger flows, too, beside wasm in the same browser.
 */
export async function benchGpu(quick: boolean): Promise<BenchResult> {
  const results: GpuResult[] = [];
  const training: TrainingResult[] = [];
  const missing: string[] = [];
  for (const backend of ['webgl', 'webgpu', ...(ON_GPU ? (['wasm'] as const) : [])] as const) {
    const tab = await openPage<typeof page>(fileURLToPath(new URL('./gpu-page.js', import.meta.url)));
    try {
      const obstacle = backend === 'webgpu' ? await tab.call('webgpuObstacle') : null;
      if (obstacle) {
        missing.push(`${backend}: ${obstacle}`);
        continue;
      }
      const renderer = await tab.call('start', backend);
      results.push(summarise(backend, renderer, await tab.call('train', quick ? 8 : 40)));
      if (ON_GPU) training.push(...(await timeLarger(backend, tab, quick ? 0.5 : 3, missing)));
    } finally {
      await tab.close();
    }
  }
  const table = [...tablesOf(results, training), ...missing].join('\n');
  return { json: { workload: 'gpu', title: TITLE, results, training, missing, quick }, table };
}

/** Times training of each larger flow with each batch size; what fails is listed as missing. */
async function timeLarger(
  backend: string,
  tab: OpenPage<typeof page>,
  seconds: number,
  missing: string[],
): Promise<TrainingResult[]> {
  const found: TrainingResult[] = [];
  for (const [flow, sizes] of Object.entries(LARGER)) {
    for (const batch of BATCH_SIZES) {
      try {
        const { ms, loss } = await tab.call('timeTraining', sizes, batch, seconds);
        const step = median(ms);
        found.push({ backend, flow, batch, step_ms: round(step), rows_per_second: Math.round(batch / step * 1000), loss }); // prettier-ignore
      } catch (error) {
        missing.push(`${backend}, ${flow}, batch ${batch}: ${(error as Error).message}`);
      }
    }
  }
  return found;
}

function tablesOf(results: readonly GpuResult[], training: readonly TrainingResult[]): string[] {
  const rows = results.map((result) => [
    result.backend,
    String(result.draws_per_step),
    String(result.programs),
    result.first_step_ms.toFixed(0),
    result.step_ms.toFixed(1),
  ]);
  const larger = Object.keys(LARGER).map((flow) => {
    const of = (batch: number) => training.filter((result) => result.flow === flow && result.batch === batch);
    const backends = [...new Set(training.map(({ backend }) => backend))];
    const cell = (batch: number, backend: string) =>
      of(batch)
        .find((result) => result.backend === backend)
        ?.step_ms.toFixed(1) ?? '-';
    const lines = BATCH_SIZES.map((batch) => [String(batch), ...backends.map((backend) => cell(batch, backend))]);
    return `\n${flow}: step ms by batch\n${formatTable([['batch', ...backends], ...lines])}`;
  });
  return [
    formatTable([['', 'draws a step', 'programs', 'first step ms', 'step ms'], ...rows]),
    ...results.map(({ backend, renderer }) => `${backend} by ${renderer}`),
    'Counts do not depend on the device.',
    ...(ON_GPU ? larger : ['Milliseconds are those of a software renderer and say nothing about a GPU.']),
  ];
}

/** Steps at the end of an epoch draw a little more: the median is a step within. */
function summarise(backend: string, renderer: string, steps: readonly MoonsStep[]): GpuResult {
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
