import { ready, splineCouplingFlow, twoMoons } from 'tfjs-flows';
import type { BenchResult } from './main.js';
import { slope } from './slope.js';
import { formatTable } from './table.js';
import { timeOperations, synthetic } from './workloads.js';

/** What is varied; the rest stays at batch 512, 4 dimensions, 4 layers, hidden 2 x 64. */
const SWEEPS = {
  batch: [64, 256, 1024, 4096, 16384],
  dims: [2, 4, 8, 16, 32, 64],
  layers: [2, 4, 8, 16, 32],
} as const;

type Variable = keyof typeof SWEEPS;

/** One size, and what its operations took. */
interface Point {
  readonly size: number;
  readonly step: number;
  readonly log_prob: number;
  readonly sample: number;
}

const OPERATIONS = ['step', 'log_prob', 'sample'] as const;

/** Times of a spline coupling flow over batch, dimensions and layers, with the exponents that fit them best. */
export async function benchScaling(quick: boolean): Promise<BenchResult> {
  await ready();
  const results = {} as Record<Variable, { points: Point[]; exponents: Record<string, number> }>;
  for (const variable of Object.keys(SWEEPS) as Variable[]) {
    const sizes = quick ? SWEEPS[variable].slice(0, 4).filter((_, i) => i % 2 === 0) : SWEEPS[variable];
    const points: Point[] = [];
    for (const size of sizes) points.push(await timeOne(variable, size, quick));
    const exponent = (operation: (typeof OPERATIONS)[number]) =>
      slope(points.map((point) => [point.size, point[operation]]));
    results[variable] = { points, exponents: Object.fromEntries(OPERATIONS.map((name) => [name, exponent(name)])) };
  }
  const table = (Object.keys(results) as Variable[]).map((variable) => {
    const { points, exponents } = results[variable];
    return formatTable([
      [variable, ...OPERATIONS.map((operation) => `${operation}, ms`)],
      ...points.map((point) => [String(point.size), ...OPERATIONS.map((operation) => point[operation].toFixed(2))]),
      ['exponent', ...OPERATIONS.map((operation) => exponents[operation].toFixed(2))],
    ]);
  });
  return { json: { lib: 'tfjs-flows', bench: 'scaling', quick, ...results }, table: table.join('\n\n') };
}

async function timeOne(variable: Variable, size: number, quick: boolean): Promise<Point> {
  const sizes: Record<Variable, number> = { batch: 512, dims: 4, layers: 4 };
  sizes[variable] = size;
  const { batch, dims, layers } = sizes;
  using flow = splineCouplingFlow({ dims, layers, hidden: [64, 64], standardize: false });
  const count = Math.max(4 * batch, 4096);
  const rows = dims === 2 ? twoMoons(count, { seed: 0 }) : synthetic(count, dims);
  const times = await timeOperations(flow, rows, batch, { seconds: quick ? 0.3 : 2, warmSeconds: quick ? 0.3 : 1 });
  return {
    size,
    step: times.step.median_ms,
    log_prob: times.log_prob.median_ms,
    sample: times.sample.median_ms,
  };
}
