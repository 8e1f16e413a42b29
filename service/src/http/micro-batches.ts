import type { Column, Table } from '../tables/table.js';
import { busy } from './problem.js';

/** Options of {@link MicroBatches}. */
export interface MicroBatchesOptions {
  /** Rows that are scored together at most. */
  readonly batchRows: number;
  /** Whether there is room for so many more rows. */
  readonly room: (rows: number) => boolean;
  /** Told the rows that wait, and the requests of each batch. */
  readonly onChange?: (waiting: number, taken: number) => void;
}

interface Waiting {
  readonly table: Table;
  /** Requests of one shape can be scored together. */
  readonly shape: string;
  readonly resolve: (scores: Float64Array) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Scores requests that come at the same time together: one batch is on its way, and what comes meanwhile makes the next. A lone request waits for
 * nothing. Tables with gaps go by themselves, since fillings are drawn by place; so do those of an error, so that nobody pays for
 * another's rows.
 */
export class MicroBatches {
  readonly #score: (table: Table) => Promise<Float64Array>;
  readonly #options: MicroBatchesOptions;
  readonly #line: Waiting[] = [];
  #running = false;

  constructor(score: (table: Table) => Promise<Float64Array>, options: MicroBatchesOptions) {
    this.#score = score;
    this.#options = options;
  }

  /** @throws Problem 429 where too much waits already. */
  score(table: Table): Promise<Float64Array> {
    const { room, onChange } = this.#options;
    if (!room(table.rowCount)) throw busy('Too many rows wait for their score.');
    return new Promise((resolve, reject) => {
      this.#line.push({ table, shape: shapeOf(table), resolve, reject });
      onChange?.(table.rowCount, 0);
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#line.length > 0) {
      const batch = this.#take();
      await this.#answer(batch);
      const rows = batch.reduce((sum, { table }) => sum + table.rowCount, 0);
      this.#options.onChange?.(-rows, batch.length);
    }
    this.#running = false;
  }

  /** The first in line, and those behind that go with it. */
  #take(): Waiting[] {
    const [first] = this.#line;
    const batch: Waiting[] = [];
    let rows = 0;
    for (let i = 0; i < this.#line.length;) {
      const { table, shape } = this.#line[i];
      const goes = i === 0 && batch.length === 0;
      if (goes || (first.shape !== '' && shape === first.shape && rows + table.rowCount <= this.#options.batchRows)) {
        batch.push(...this.#line.splice(i, 1));
        rows += table.rowCount;
      } else i++;
    }
    return batch;
  }

  async #answer(batch: readonly Waiting[]): Promise<void> {
    try {
      const scores = await this.#score(joined(batch.map(({ table }) => table)));
      let row = 0;
      for (const { table, resolve } of batch) resolve(scores.slice(row, (row += table.rowCount)));
    } catch (error) {
      if (batch.length === 1) batch[0].reject(error);
      else for (const each of batch) await this.#answer([each]);
    }
  }
}

/** Names and kinds of columns; nothing for tables with gaps. */
function shapeOf({ columns }: Table): string {
  const entries = Object.entries(columns).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.some(([, column]) => Array.from<unknown>(column).some((value) => value === null || Number.isNaN(value)))) return ''; // prettier-ignore
  return JSON.stringify(entries.map(([name, column]) => [name, column instanceof Float64Array]));
}

function joined(tables: readonly Table[]): Table {
  if (tables.length === 1) return tables[0];
  const names = Object.keys(tables[0].columns);
  const columns = names.map((name): [string, Column] => {
    const pieces = tables.map(({ columns: { [name]: column } }) => column);
    return [name, pieces[0] instanceof Float64Array ? concatenated(pieces as Float64Array[]) : (pieces as string[][]).flat()]; // prettier-ignore
  });
  return { rowCount: tables.reduce((sum, { rowCount }) => sum + rowCount, 0), columns: Object.fromEntries(columns) };
}

function concatenated(pieces: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let place = 0;
  for (const piece of pieces) {
    whole.set(piece, place);
    place += piece.length;
  }
  return whole;
}
