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

/** Points on the lines that stand for one row, and their weights. */
interface Cloud {
  /** `[samples · dims]`. */
  readonly points: Float64Array;
  /** `ln dy/dx`, less the log-density by which gaps were filled. */
  readonly logFactors: Float64Array;
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
  await eachChunk(fitted, rows, (row) => (spread || hasGap(rows, row) ? samples : 1), (row, cloud, logProb) => {
    const terms = logProb.map((value, i) => value + cloud.logFactors[i]);
    scores[row] = logMeanExp(terms);
  }, (row) => gaps.split(firstRow + row)); // prettier-ignore
  return scores;
}

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
  await eachChunk(fitted, rows, (row) => (hasGap(rows, row) ? proposals : 1), (row, cloud, logProb) => {
    const terms = logProb.map((value, i) => value + cloud.logFactors[i]);
    const chosen = terms.length > 1 ? choose(terms, choices.split(firstRow + row).next()) : 0;
    filled.set(cloud.points.subarray(chosen * dims, (chosen + 1) * dims), row * dims);
  }, (row) => candidates.split(firstRow + row)); // prettier-ignore
  return filled;
}

/** Makes clouds of the rows, and sends as many at once through the flow as fit a chunk. */
async function eachChunk(
  fitted: Fitted,
  rows: CodedRows,
  samplesOf: (row: number) => number,
  take: (row: number, cloud: Cloud, logProb: Float64Array) => void,
  streamOf: (row: number) => RandomStream,
): Promise<void> {
  const dims = rows.numbers.length;
  let first = 0;
  while (first < rows.count) {
    const clouds: Cloud[] = [];
    let points = 0;
    for (let row = first; row < rows.count; row++) {
      const samples = samplesOf(row);
      if (points > 0 && points + samples > CHUNK) break;
      clouds.push(cloudOf(fitted, rows, row, samples, streamOf(row)));
      points += samples;
    }
    const y = new Float32Array(points * dims);
    const width = fitted.coder.contextWidth;
    const contexts = rows.contexts && new Float32Array(points * width);
    let place = 0;
    clouds.forEach((cloud, i) => {
      y.set(cloud.points, place * dims);
      const samples = cloud.logFactors.length;
      const context = rows.contexts?.subarray((first + i) * width, (first + i + 1) * width);
      if (context) for (let s = 0; s < samples; s++) contexts!.set(context, (place + s) * width);
      place += samples;
    });
    const scores = tf.tidy(() => {
      const context = contexts && tf.tensor2d(contexts, [points, width]);
      return fitted.flow.logProb(tf.tensor2d(y, [points, dims]), { context });
    });
    const logProb = Float64Array.from((await scores.data()) as Float32Array);
    scores.dispose();
    place = 0;
    clouds.forEach((cloud, i) => {
      take(first + i, cloud, logProb.subarray(place, (place += cloud.logFactors.length)));
    });
    first += clouds.length;
  }
}

/** Points of the cells of a row, evenly spread, with its gaps filled. */
function cloudOf(
  { coder, normal }: Fitted,
  { numbers }: CodedRows,
  row: number,
  samples: number,
  stream: RandomStream,
): Cloud {
  const { modelled } = coder;
  const dims = modelled.length;
  const cells = coder.cells;
  const points = new Float64Array(samples * dims);
  const logFactors = new Float64Array(samples);
  for (let s = 0; s < samples; s++) {
    const point = points.subarray(s * dims, (s + 1) * dims);
    modelled.forEach((column, d) => {
      const x = numbers[d][row];
      if (Number.isNaN(x)) {
        point[d] = NaN;
        return;
      }
      const u = cellPoint(s, cells[d], samples);
      point[d] = column.line(x, u);
      logFactors[s] += column.logSlope(x, u);
    });
    logFactors[s] -= normal.fill(point, stream, SPREAD);
  }
  return { points, logFactors };
}

function hasGap({ numbers }: CodedRows, row: number): boolean {
  return numbers.some((column) => Number.isNaN(column[row]));
}

function logMeanExp(terms: Float64Array): number {
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
