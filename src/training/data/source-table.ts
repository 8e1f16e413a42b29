import type { RandomStream } from '../../random.js';
import type { RowSource } from '../sources/row-source.js';
import type { Batch, RowShapes, Table } from './table.js';

/** Rows that a source makes as they are asked for, so many an epoch; no two epochs have the same. */
export class SourceTable implements Table {
  readonly rows: number;
  readonly shapes: RowShapes;
  readonly digest = 0;
  readonly warnings: readonly string[] = [];
  readonly source: RowSource;
  readonly #fixed: RandomStream;

  /** @param fixed what rows are drawn from where the pass has no order of its own: in validation, the same ones every time */
  constructor(source: RowSource, rows: number, shapes: RowShapes, fixed: RandomStream) {
    this.source = source;
    this.rows = rows;
    this.shapes = shapes;
    this.#fixed = fixed;
  }

  async *batches(size: number, order: RandomStream | null, skip = 0): AsyncIterable<Batch> {
    const stream = order ?? this.#fixed;
    for (let start = skip * size; start < this.rows; start += size) {
      const rows = Math.min(size, this.rows - start);
      const made = await this.source.draw(rows, stream.split(start / size));
      yield { rows, ...made, indices: Int32Array.from({ length: rows }, (_, i) => start + i) };
    }
  }
}
