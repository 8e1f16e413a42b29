import { sizeOf } from '../../../src/shapes.js';
import { ensureClose } from '../check.js';
import type { Subject } from './subject.js';

export async function integrates(subject: Subject): Promise<void> {
  const { bijector, stream } = subject;
  const dims = sizeOf(bijector.eventShapeIn);
  const overReals = bijector.domainIn.every((end) => Math.abs(end) === Infinity);
  if (bijector.unitVectorsIn) return keepsTheArea(subject);
  if (!overReals || dims > 2 || dims !== sizeOf(bijector.eventShapeOut)) return;
  subject.perturb(0.2);
  const [total, ...expected] = await expectations(subject, dims, [() => 1, ...TEST_FUNCTIONS.map(([, test]) => test)]);
  ensureClose('integral of the density', [total], [1], () => 1e-2);
  const draws = 20_000;
  const noise = stream.split('samples').normal(draws * dims);
  const { value } = await subject.apply('forward', noise);
  TEST_FUNCTIONS.forEach(([name, test], k) => {
    const outcomes = Array.from({ length: draws }, (_, i) => test(value.subarray(i * dims, (i + 1) * dims)));
    const mean = outcomes.reduce((sum, outcome) => sum + outcome, 0) / draws;
    const variance = outcomes.reduce((sum, outcome) => sum + (outcome - mean) ** 2, 0) / (draws - 1);
    const allowed = 5 * Math.sqrt(variance / draws) + 1e-2;
    ensureClose(`mean of ${name} over samples`, [mean], [expected[k]], () => allowed);
  });
}

/** Where the whole event is points of spheres: what the uniform density becomes still has a total of 1. */
async function keepsTheArea(subject: Subject): Promise<void> {
  const { bijector, stream } = subject;
  const [start, end] = bijector.unitVectorsOut ?? [0, 0];
  if (end - start !== bijector.eventShapeOut.at(-1)) return;
  subject.perturb(0.2);
  const draws = 4000;
  const noise = stream.split('area').normal(draws * sizeOf(bijector.eventShapeOut));
  const { logDet } = await subject.apply('inverse', subject.place('inverse', noise));
  const densities = logDet.map(Math.exp);
  const mean = densities.reduce((sum, density) => sum + density, 0) / draws;
  const variance = densities.reduce((sum, density) => sum + (density - mean) ** 2, 0) / (draws - 1);
  ensureClose('mean density over the sphere', [mean], [1], () => 5 * Math.sqrt(variance / draws) + 1e-4);
}

/** Bounded functions whose means tell distributions apart. */
const TEST_FUNCTIONS: readonly [string, (at: Float32Array) => number][] = [
  ['sin', (at) => Math.sin(at[0])],
  ['cos', (at) => Math.cos(at[at.length - 1])],
  ['cos of a mixture', (at) => Math.cos(1.3 * at[0] - 0.7 * at[at.length - 1] + 0.4)],
];

/** Integrals of functions against the density of the data, extrapolated from two meshes (Richardson). */
async function expectations(
  subject: Subject,
  dims: number,
  functions: readonly ((at: Float32Array) => number)[],
): Promise<number[]> {
  const [steps, reach] = dims === 1 ? [1000, 6] : [120, 5];
  const sums = (cells: readonly Cell[]) =>
    functions.map((f) => cells.reduce((sum, { mass, at }) => sum + mass * f(at), 0));
  const coarse = sums(await dataMesh(subject, dims, steps, reach));
  const fine = sums(await dataMesh(subject, dims, 2 * steps, reach));
  return fine.map((value, k) => (4 * value - coarse[k]) / 3);
}

/** A small piece of data space. */
interface Cell {
  /** Its probability. */
  readonly mass: number;
  /** Its centre. */
  readonly at: Float32Array;
}

/**
 * Cells of data space with their probability, by the trapezoid rule on the image of a regular grid of base space. The
 * density comes from `inverse` alone; the cells are measured by where their corners lie.
 */
async function dataMesh(subject: Subject, dims: number, steps: number, reach: number): Promise<Cell[]> {
  const tick = (i: number) => -reach + (2 * reach * i) / steps;
  const grid = Array.from({ length: steps + 1 }, (_, i) =>
    dims === 1 ? [tick(i)] : Array.from({ length: steps + 1 }, (_, j) => [tick(i), tick(j)]).flat(),
  ).flat();
  const { value: corners } = await subject.apply('forward', grid);
  const { value: base, logDet } = await subject.apply('inverse', corners);
  const point = (i: number) => corners.subarray(i * dims, (i + 1) * dims);
  const density = Array.from(logDet, (value, i) => {
    const squares = base.subarray(i * dims, (i + 1) * dims).reduce((sum, z) => sum + z * z, 0);
    return Math.exp(value - squares / 2 - (dims / 2) * Math.log(2 * Math.PI));
  });
  const cell = (vertices: number[], size: number): Cell => ({
    mass: (size * vertices.reduce((sum, i) => sum + density[i], 0)) / vertices.length,
    at: Float32Array.from(
      { length: dims },
      (_, d) => vertices.reduce((sum, i) => sum + point(i)[d], 0) / vertices.length,
    ),
  });
  const cells: Cell[] = [];
  for (let i = 0; i < steps; i++) {
    if (dims === 1) {
      cells.push(cell([i, i + 1], Math.abs(corners[i + 1] - corners[i])));
      continue;
    }
    for (let j = 0; j < steps; j++) {
      const [a, b] = [i * (steps + 1) + j, (i + 1) * (steps + 1) + j];
      cells.push(cell([a, a + 1, b + 1, b], quadrilateral(point(a), point(a + 1), point(b + 1), point(b))));
    }
  }
  return cells;
}

/** Area of a plane quadrilateral, from its diagonals. */
function quadrilateral(a: Float32Array, b: Float32Array, c: Float32Array, d: Float32Array): number {
  return Math.abs((c[0] - a[0]) * (d[1] - b[1]) - (c[1] - a[1]) * (d[0] - b[0])) / 2;
}
