import { FlowConfigError, FlowDataError } from '../../errors.js';
import type { RandomStream } from '../../random.js';

/**
 * Where auxiliary points start: on rows of the data drawn at random (`rows`), on centres of clusters of them (`kMeans`), or
 * on every row, as many as there are points (`all`).
 */
export type Placement = 'rows' | 'kMeans' | 'all';

/** Rows of a table of numbers. */
export interface Rows {
  /** Row-major, `[count, width]`. */
  readonly values: Float32Array;
  readonly width: number;
}

/** Rounds of Lloyd's algorithm. */
const ROUNDS = 8;

/** Pairs of rows that a median is taken over. */
const PAIRS = 2000;

/** @throws FlowConfigError for a word that is no {@link Placement}. */
export function checkPlacement(where: string, placement: Placement): void {
  if (['rows', 'kMeans', 'all'].includes(placement)) return;
  throw new FlowConfigError(where, { expected: "'rows', 'kMeans' or 'all'", got: `'${String(placement)}'` });
}

/**
 * `count` points among rows, `[count, width]`.
 *
 * @throws FlowDataError for fewer rows than points, or with `all` another number.
 */
export function placePoints(
  where: string,
  { values, width }: Rows,
  count: number,
  placement: Placement,
  stream: RandomStream,
): Float32Array {
  const rows = values.length / width;
  if (placement === 'all' ? rows !== count : rows < count) {
    throw new FlowDataError(where, {
      expected: placement === 'all' ? `${count} rows, each of them a point` : `at least ${count} rows, one a point`,
      got: `${rows}`,
      hint: placement === 'all' ? 'Take as many points as there are rows to train on.' : 'Take fewer points.',
    });
  }
  if (placement === 'all') return values.slice();
  if (placement === 'kMeans') return kMeans({ values, width }, count, stream);
  return gather({ values, width }, stream.permutation(rows).subarray(0, count));
}

/**
 * A length for each coordinate: the median distance of two rows along it, times `√width`, so that by these lengths two rows
 * are about 1 apart. The mean where the median is zero, and 1 where that is.
 */
export function medianLengths({ values, width }: Rows, stream: RandomStream): Float32Array {
  const rows = values.length / width;
  const pairs = Array.from({ length: rows > 1 ? PAIRS : 0 }, () => {
    const first = stream.nextInteger(rows);
    return [first, (first + 1 + stream.nextInteger(rows - 1)) % rows];
  });
  return Float32Array.from({ length: width }, (_, j) => {
    const gaps = Float64Array.from(pairs, ([a, b]) => Math.abs(values[a * width + j] - values[b * width + j])).sort();
    const median = gaps[gaps.length >> 1];
    const typical = median > 0 ? median : gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    return typical > 0 ? typical * Math.sqrt(width) : 1;
  });
}

/** Centres of clusters: seeds far from each other (Arthur and Vassilvitskii, "k-means++", 2007), then Lloyd's algorithm. */
function kMeans(rows: Rows, count: number, stream: RandomStream): Float32Array {
  const { values, width } = rows;
  const total = values.length / width;
  const centres = spreadSeeds(rows, count, stream);
  for (let round = 0; round < ROUNDS; round++) {
    const sums = new Float64Array(count * width);
    const sizes = new Int32Array(count);
    for (let row = 0; row < total; row++) {
      const nearest = nearestOf(rows, row, centres);
      sizes[nearest]++;
      for (let j = 0; j < width; j++) sums[nearest * width + j] += values[row * width + j];
    }
    // A centre that nobody is nearest to stays where it is.
    for (let at = 0; at < centres.length; at++) {
      const size = sizes[Math.floor(at / width)];
      if (size > 0) centres[at] = sums[at] / size;
    }
  }
  return centres;
}

/** Rows drawn one after the other, each with probability in proportion to its squared distance to those before. */
function spreadSeeds(rows: Rows, count: number, stream: RandomStream): Float32Array {
  const { values, width } = rows;
  const total = values.length / width;
  const chosen = [stream.nextInteger(total)];
  const nearest = new Float64Array(total).fill(Infinity);
  while (chosen.length < count) {
    const last = values.subarray(chosen.at(-1)! * width, (chosen.at(-1)! + 1) * width);
    let sum = 0;
    for (let row = 0; row < total; row++) {
      nearest[row] = Math.min(nearest[row], squaredDistance(rows, row, last, 0));
      sum += nearest[row];
    }
    let left = stream.next() * sum;
    const next = sum > 0 ? nearest.findIndex((distance) => (left -= distance) < 0) : stream.nextInteger(total);
    chosen.push(next < 0 ? total - 1 : next);
  }
  return gather(rows, chosen);
}

function nearestOf(rows: Rows, row: number, centres: Float32Array): number {
  let [best, least] = [0, Infinity];
  for (let centre = 0; centre < centres.length / rows.width; centre++) {
    const distance = squaredDistance(rows, row, centres, centre);
    if (distance < least) [best, least] = [centre, distance];
  }
  return best;
}

function squaredDistance({ values, width }: Rows, row: number, others: Float32Array, other: number): number {
  let sum = 0;
  for (let j = 0; j < width; j++) sum += (values[row * width + j] - others[other * width + j]) ** 2;
  return sum;
}

function gather({ values, width }: Rows, indices: ArrayLike<number>): Float32Array {
  const chosen = new Float32Array(indices.length * width);
  Array.from(indices).forEach((row, i) => chosen.set(values.subarray(row * width, (row + 1) * width), i * width));
  return chosen;
}
