import * as tf from '@tensorflow/tfjs-core';
import { RandomStream, type Flow } from 'tfjs-flows';
import { cellPoint } from '../columns/cell-points.js';
import type { TableCoder } from '../columns/table-coder.js';
import type { IncompleteNormal } from '../missing/incomplete-normal.js';

/** Points that go through the flow at once. */
const CHUNK = 8192;
/** Factor on the deviations of the normal distribution that proposes values for gaps: too wide costs draws, too narrow more. */
const SPREAD = 1.2;

/** A fitted model of the coded columns. */
export interface Fitted {
  readonly coder: TableCoder;
  readonly flow: Flow;
  readonly normal: IncompleteNormal;
}

/** Rows as numbers, column by column, and their contexts. */
export interface CodedRows {
  readonly numbers: readonly Float64Array[];
  readonly contexts: Float32Array | null;
  readonly count: number;
}

/** Rows whose points went through the flow together: row `first + i` has the points from `starts[i]` to `starts[i + 1]`. */
interface Chunk {
  readonly first: number;
  readonly starts: readonly number[];
  /** On the lines, `[points · dims]`. */
  readonly points: Float64Array;
  /** `ln p(y) + ln dy/dx`, less the log-density by which gaps were filled, `[points]`. */
  readonly terms: Float64Array;
}

/**
 * `ln p` of each row, in the units of its columns: `ln` of the mean over the row's cell, and over fillings of its gaps, of the
 * density of the points on the lines times slopes. Rows of exact numbers without gaps take one point.
 *
 * @param firstRow place of the first row in the table that these are part of; fillings of gaps are drawn by place, so that a row
 * has the same score whichever part it comes in
 */
export async function scoreRows(fitted: Fitted, rows: CodedRows, samples: number, firstRow = 0): Promise<Float64Array> {
  const { coder } = fitted;
  const scores = new Float64Array(rows.count);
  const gaps = new RandomStream('gaps');
  const spread = coder.modelled.some(({ step }) => step > 0);
  const samplesOf = (gap: boolean) => (spread || gap ? samples : 1);
  for await (const { first, starts, terms } of chunksOf(fitted, rows, samplesOf, (row) => gaps.split(firstRow + row))) {
    for (let i = 0; i + 1 < starts.length; i++) scores[first + i] = logMeanExp(terms.subarray(starts[i], starts[i + 1]));
  }
  return scores;
} // prettier-ignore

/** Fills the gaps of each row by a draw from the model, given what is there: one of `proposals`, by importance. */
export async function fillRows(
  fitted: Fitted,
  rows: CodedRows,
  proposals: number,
  stream: RandomStream,
  firstRow = 0,
): Promise<Float64Array> {
  const dims = rows.numbers.length;
  const filled = new Float64Array(rows.count * dims);
  const [choices, candidates] = [stream.split('choices'), stream.split('proposals')];
  const samplesOf = (gap: boolean) => (gap ? proposals : 1);
  for await (const { first, starts, points, terms } of chunksOf(fitted, rows, samplesOf, (row) => candidates.split(firstRow + row))) {
    for (let i = 0; i + 1 < starts.length; i++) {
      const [start, end] = [starts[i], starts[i + 1]];
      const row = first + i;
      const chosen = end - start > 1 ? start + choose(terms.subarray(start, end), choices.split(firstRow + row).next()) : start;
      filled.set(points.subarray(chosen * dims, (chosen + 1) * dims), row * dims);
    }
  }
  return filled;
} // prettier-ignore

/** Puts points in place of the rows, and sends as many at once through the flow as fit a chunk. */
async function* chunksOf(
  fitted: Fitted,
  rows: CodedRows,
  samplesOf: (gap: boolean) => number,
  streamOf: (row: number) => RandomStream,
): AsyncGenerator<Chunk> {
  const dims = rows.numbers.length;
  const gapless = rows.numbers.every((column) => !column.some(Number.isNaN));
  const most = Math.max(CHUNK, samplesOf(true));
  let first = 0;
  while (first < rows.count) {
    const starts = [0];
    const buffer = new Float64Array(most * dims);
    const logFactors = new Float64Array(most);
    let end = 0;
    for (let row = first; row < rows.count; row++) {
      const gap = !gapless && hasGap(rows, row);
      const samples = samplesOf(gap);
      if (end > 0 && end + samples > CHUNK) break;
      const points = buffer.subarray(end * dims, (end + samples) * dims);
      placePoints(fitted, rows, row, points, logFactors.subarray(end, end + samples), gap ? streamOf(row) : null);
      starts.push((end += samples));
    }
    const points = buffer.subarray(0, end * dims);
    const terms = await logDensities(fitted, points, contextsOf(rows, fitted.coder.contextWidth, first, starts));
    for (let i = 0; i < end; i++) terms[i] += logFactors[i];
    yield { first, starts, points, terms };
    first += starts.length - 1;
  }
}

/** The context of each point, that of its row. */
function contextsOf(
  { contexts }: CodedRows,
  width: number,
  first: number,
  starts: readonly number[],
): tf.Tensor2D | null {
  if (!contexts) return null;
  const all = new Float32Array(starts.at(-1)! * width);
  for (let i = 0; i + 1 < starts.length; i++) {
    const context = contexts.subarray((first + i) * width, (first + i + 1) * width);
    for (let point = starts[i]; point < starts[i + 1]; point++) all.set(context, point * width);
  }
  return tf.tensor2d(all, [starts.at(-1)!, width]);
}

async function logDensities({ flow }: Fitted, points: Float64Array, context: tf.Tensor2D | null): Promise<Float64Array> {
  const dims = flow.eventShape[0];
  const y = tf.tensor2d(Float32Array.from(points), [points.length / dims, dims]);
  const logProb = tf.tidy(() => flow.logProb(y, { context }));
  const values = Float64Array.from((await logProb.data()) as Float32Array);
  tf.dispose([y, logProb, ...(context ? [context] : [])]);
  return values;
} // prettier-ignore

/** Points of the cells of a row, evenly spread, with its gaps filled. */
function placePoints(
  { coder: { modelled, cells }, normal }: Fitted,
  { numbers }: CodedRows,
  row: number,
  points: Float64Array,
  logFactors: Float64Array,
  stream: RandomStream | null,
): void {
  const dims = modelled.length;
  const samples = logFactors.length;
  for (let s = 0; s < samples; s++) {
    for (let d = 0; d < dims; d++) {
      const x = numbers[d][row];
      if (Number.isNaN(x)) {
        points[s * dims + d] = NaN;
        continue;
      }
      const u = cellPoint(s, cells[d], samples);
      points[s * dims + d] = modelled[d].line(x, u);
      logFactors[s] += modelled[d].logSlope(x, u);
    }
    if (stream) logFactors[s] -= normal.fill(points.subarray(s * dims, (s + 1) * dims), stream, SPREAD);
  }
}

function hasGap({ numbers }: CodedRows, row: number): boolean {
  return numbers.some((column) => Number.isNaN(column[row]));
}

function logMeanExp(terms: Float64Array): number {
  if (terms.length === 1) return terms[0];
  const most = terms.reduce((a, b) => Math.max(a, b), -Infinity);
  if (!Number.isFinite(most)) return most;
  return most + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - most), 0) / terms.length);
}

/** An index with probability in proportion to `exp(term)`. */
function choose(terms: Float64Array, u: number): number {
  const most = terms.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = terms.map((term) => Math.exp(term - most));
  let left = u * weights.reduce((sum, weight) => sum + weight, 0);
  const found = weights.findIndex((weight) => (left -= weight) < 0);
  return found < 0 ? weights.length - 1 : found;
}
