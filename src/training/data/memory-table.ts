import { FlowConfigError } from '../../errors.js';
import type { RandomStream } from '../../random.js';
import { sizeOf } from '../../shapes.js';
import type { Batch, RowShapes, Table } from './table.js';

/** What a {@link MemoryTable} holds. */
export interface MemoryTableOptions {
  readonly shapes: RowShapes;
  readonly x: Float32Array;
  readonly context: Float32Array | null;
  readonly targets?: Float32Array | null;
  readonly digest: number;
  readonly warnings: readonly string[];
  /** The rows that belong to this table. Default: all. */
  readonly selection?: Int32Array;
}

/** Rows held in JavaScript memory; shuffled anew for each pass. */
export class MemoryTable implements Table {
  readonly rows: number;
  readonly shapes: RowShapes;
  readonly digest: number;
  readonly warnings: readonly string[];
  readonly #options: MemoryTableOptions;
  readonly #selection: Int32Array;

  constructor(options: MemoryTableOptions) {
    const { shapes, x, selection } = options;
    const all = x.length / sizeOf(shapes.eventShape);
    this.#selection = selection ?? Int32Array.from({ length: all }, (_, row) => row);
    this.#options = options;
    this.rows = this.#selection.length;
    this.shapes = shapes;
    this.digest = options.digest;
    this.warnings = options.warnings;
  }

  *batches(size: number, order: RandomStream | null, skip = 0): Iterable<Batch> {
    const places = order?.permutation(this.rows);
    for (let start = skip * size; start < this.rows; start += size) {
      const indices = this.#selection.slice(start, start + size);
      if (places) indices.forEach((_, i) => (indices[i] = this.#selection[places[start + i]]));
      yield this.#take(indices);
    }
  }

  /**
   * Two tables, the second with `fraction` of the rows drawn at random; nothing is copied.
   *
   * @throws FlowConfigError when either would be empty.
   */
  split(fraction: number, stream: RandomStream, where: string): [MemoryTable, MemoryTable] {
    const held = Math.round(this.rows * fraction);
    if (!(held >= 1 && this.rows - held >= 2)) {
      throw new FlowConfigError(where, {
        expected: 'validation: a fraction that leaves at least one row to validate on and two to train on',
        got: `${fraction} of ${this.rows} rows`,
      });
    }
    const order = stream.permutation(this.rows).map((place) => this.#selection[place]);
    const part = (selection: Int32Array) => new MemoryTable({ ...this.#options, selection });
    return [part(order.slice(held).sort()), part(order.slice(0, held).sort())];
  }

  #take(indices: Int32Array): Batch {
    const { shapes, x, context, targets = null } = this.#options;
    return {
      rows: indices.length,
      x: gather(x, indices, sizeOf(shapes.eventShape)),
      context: context && gather(context, indices, sizeOf(shapes.contextShape!)),
      targets: targets && gather(targets, indices, sizeOf(shapes.targetShape!)),
      indices,
    };
  }
}

function gather(values: Float32Array, rows: Int32Array, width: number): Float32Array {
  const out = new Float32Array(rows.length * width);
  for (let i = 0, to = 0; i < rows.length; i++) {
    const from = rows[i] * width;
    for (let column = 0; column < width; column++) out[to++] = values[from + column];
  }
  return out;
}
