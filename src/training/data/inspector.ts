import { FlowDataError } from '../../errors.js';
import { sizeOf } from '../../shapes.js';
import type { Interval } from '../../bijectors/bijector.js';
import type { RowShapes } from './table.js';
import { normaliseRows } from './unit-rows.js';

/** Rows among which repetitions are looked for; more would only cost memory. */
const ROWS_COMPARED = 1_000_000;

/** How many offenders an error lists. */
const LISTED = 10;

/** What the model expects of its data beside their shape. */
export interface Expectations extends RowShapes {
  /** Interval that every coordinate must lie in, ends included. */
  readonly support: Interval;
  /** Whether columns without variation may pass. */
  readonly allowConstant: boolean;
  /** Whether the model is one of whole numbers: they have to be, and may repeat or never vary. Default: false. */
  readonly discrete?: boolean;
}

/** Looks at every row once, piece by piece, and says what is wrong with the data. */
export class Inspector {
  #rows = 0;
  #digest = 0x811c9dc5;
  readonly #where: string;
  readonly #name: string;
  readonly #expected: Expectations;
  readonly #low: Float32Array;
  readonly #high: Float32Array;
  readonly #seen = new Set<number>();

  constructor(where: string, name: string, expected: Expectations) {
    this.#where = where;
    this.#name = name;
    this.#expected = expected;
    const width = sizeOf(expected.eventShape);
    this.#low = new Float32Array(width).fill(Infinity);
    this.#high = new Float32Array(width).fill(-Infinity);
  }

  get rows(): number {
    return this.#rows;
  }

  /** FNV-1a hash of all numbers seen so far. */
  get digest(): number {
    return this.#digest >>> 0;
  }

  /**
   * Takes in the next rows. Unit vectors among the coordinates of `x` are made exactly that, in place.
   *
   * @throws FlowDataError when a value is not finite or outside the support, or a vector is not of length 1 within 1e-3.
   */
  add(x: Float32Array, context: Float32Array | null, targets: Float32Array | null = null): void {
    const { eventShape, contextShape, targetShape, support } = this.#expected;
    const width = sizeOf(eventShape);
    this.#check(x, width, this.#name, support, this.#expected.discrete);
    this.#normalise(x, width);
    if (context) this.#check(context, sizeOf(contextShape!), `${this.#name}.context`, [-Infinity, Infinity]);
    if (targets) this.#check(targets, sizeOf(targetShape!), `${this.#name}.targets`, [-Infinity, Infinity]);
    for (let start = 0; start < x.length; start += width) {
      for (let column = 0; column < width; column++) {
        const value = x[start + column];
        if (value < this.#low[column]) this.#low[column] = value;
        if (value > this.#high[column]) this.#high[column] = value;
      }
    }
    this.#compare(x, width);
    for (const others of [context, targets]) {
      if (others) this.#digest = hash(bitsOf(others), 0, others.length, this.#digest);
    }
    this.#rows += x.length / width;
  }

  /**
   * Judges the whole once all rows are in.
   *
   * @param training whether a density will be fitted to these rows, rather than only evaluated on them
   * @returns warnings, as full sentences
   * @throws FlowDataError when there are too few rows, or a column is constant.
   */
  conclude({ training }: { training: boolean }): string[] {
    const least = training ? 2 : 1;
    if (this.#rows < least) {
      throw new FlowDataError(this.#where, {
        expected: `at least ${least === 1 ? 'one row' : 'two rows'} of ${this.#name}`,
        got: this.#rows === 0 ? 'none' : 'one',
      });
    }
    if (!training || this.#expected.discrete) return [];
    if (!this.#expected.allowConstant) this.#refuseConstants();
    const compared = Math.min(this.#rows, ROWS_COMPARED);
    const repeated = compared - this.#seen.size;
    if (repeated <= compared / 2) return [];
    return [
      `${this.#where}: ${repeated} of ${compared} rows of ${this.#name} repeat an earlier row. The likelihood of ` +
        'repeated points can grow without bound; if the data are rounded or discrete, add noise of the size of one step.',
    ];
  }

  #refuseConstants(): void {
    const constant = [...this.#low.keys()].filter((column) => this.#low[column] === this.#high[column]);
    if (constant.length === 0) return;
    const listed = constant.slice(0, LISTED).map((column) => `column ${column} is always ${this.#low[column]}`);
    throw new FlowDataError(this.#where, {
      expected: `columns of ${this.#name} that vary`,
      got: `${constant.length} that do not: ${listed.join(', ')}${constant.length > LISTED ? ', ...' : ''}`,
      hint: 'The density of a constant is infinite. Drop these columns, or pass `allowConstant: true` to go on.',
    });
  }

  #check(values: Float32Array, width: number, name: string, [low, high]: Interval, whole = false): void {
    // Bounds such as π are rounded as the data were.
    const [least, most] = [Math.fround(low), Math.fround(high)];
    const inside = (value: number) => value >= least && value <= most && Math.abs(value) < Infinity;
    const valid = whole ? (value: number) => inside(value) && Number.isInteger(value) : inside;
    const first = values.findIndex((value) => !valid(value));
    if (first < 0) return;
    const rows = new Set<number>();
    const listed: string[] = [];
    for (let i = first; i < values.length && rows.size < LISTED; i++) {
      const row = this.#rows + Math.floor(i / width);
      if (valid(values[i]) || rows.has(row)) continue;
      rows.add(row);
      listed.push(`${values[i]} at row ${row}, column ${i % width}`);
    }
    const [expected, hint] = !Number.isFinite(values[first])
      ? [`finite numbers in ${name}`, 'Drop or impute these rows; numbers beyond 3.4e38 are infinite in float32.']
      : whole
        ? [`whole numbers in ${name} from ${low} to ${high}, as the model has`, 'The model adds the noise; give it the values as they were recorded, of the bits it was built for.'] // prettier-ignore
        : [`values of ${name} in [${low}, ${high}], the support of the model`, 'Rescale the data, or end the model with a bijector onto their range.']; // prettier-ignore
    throw new FlowDataError(this.#where, { expected, got: listed.join('; '), hint, rows: [...rows] });
  }

  #normalise(x: Float32Array, width: number): void {
    const { eventShape, unitVectors = null } = this.#expected;
    const strays = unitVectors ? normaliseRows(x, eventShape, unitVectors) : [];
    if (strays.length === 0) return;
    const [from, to] = unitVectors!;
    const rows = strays.map(({ start }) => this.#rows + Math.floor(start / width));
    const listed = strays.slice(0, LISTED).map(({ start, length }, i) => `${Number(length.toPrecision(6))} at row ${rows[i]}, column ${start % width}`); // prettier-ignore
    const last = width / eventShape.at(-1)! === 1 ? '' : ' of the last axis';
    throw new FlowDataError(this.#where, {
      expected: `unit vectors in coordinates ${from} to ${to - 1}${last} of ${this.#name}, of length 1 within 0.001`,
      got: `lengths ${listed.join('; ')}`,
      hint: 'Divide each by its length. Rotations are quaternions (w, x, y, z).',
      rows: [...new Set(rows)].slice(0, LISTED),
    });
  }

  #compare(x: Float32Array, width: number): void {
    const bits = bitsOf(x);
    for (let row = this.#rows, start = 0; start < x.length; row++, start += width) {
      const own = hash(bits, start, start + width, 0x811c9dc5);
      if (row < ROWS_COMPARED) this.#seen.add(own);
      this.#digest = Math.imul(this.#digest ^ own, 0x01000193);
    }
  }
}

function bitsOf(values: Float32Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length);
}

/** FNV-1a over 32-bit words, with the high bits folded down so that small differences in exponents count. */
function hash(words: Int32Array, start: number, end: number, seed: number): number {
  let state = seed;
  for (let i = start; i < end; i++) {
    state = Math.imul(state ^ words[i], 0x01000193);
    state ^= state >>> 15;
  }
  return state;
}
