import * as tf from '@tensorflow/tfjs-core';
import { FlowDataError } from '../../errors.js';
import type { RandomStream } from '../../random.js';
import { sizeOf } from '../../shapes.js';
import type { Dataset } from './dataset.js';
import { Inspector, type Expectations } from './inspector.js';
import { unpack } from './unpack.js';
import { toRows } from './rows.js';
import type { Batch, RowShapes, Table } from './table.js';
import { normaliseRows } from './unit-rows.js';

/** One piece of a stream, as rows. */
interface Piece {
  readonly x: Float32Array;
  readonly context: Float32Array | null;
  readonly targets: Float32Array | null;
}

/**
 * Rows read from a dataset anew for each pass, never held all at once. Its elements, rows or batches of any size, are
 * regrouped into batches of the size asked for, in the order the dataset gives them: shuffle in the dataset, by the
 * random numbers of the pass where it is a function.
 */
export class StreamTable implements Table {
  readonly rows: number;
  readonly shapes: RowShapes;
  readonly digest: number;
  readonly warnings: readonly string[];
  readonly #dataset: Dataset;
  readonly #where: string;
  readonly #name: string;

  private constructor(
    dataset: Dataset,
    shapes: RowShapes,
    seen: Inspector,
    warnings: string[],
    where: string,
    name: string,
  ) {
    // prettier-ignore
    this.rows = seen.rows;
    this.shapes = shapes;
    this.digest = seen.digest;
    this.warnings = warnings;
    this.#dataset = dataset;
    this.#where = where;
    this.#name = name;
  }

  /** Reads the dataset once, to check and count its rows. */
  static async open(dataset: Dataset, expected: Expectations, training: boolean, where: string, name: string) {
    const seen = new Inspector(where, name, expected);
    for await (const { x, context, targets } of pieces(dataset, null, expected, where, name)) seen.add(x, context, targets); // prettier-ignore
    return new StreamTable(dataset, expected, seen, seen.conclude({ training }), where, name);
  }

  async *batches(size: number, order: RandomStream | null, skip = 0): AsyncIterable<Batch> {
    const { eventShape, contextShape, targetShape, unitVectors = null } = this.shapes;
    const widths = [sizeOf(eventShape), sizeOf(contextShape ?? []), sizeOf(targetShape ?? [])];
    let batch = emptyBatch(size, widths, this.shapes);
    let row = 0;
    let filled = 0;
    const leave = skip * size;
    for await (const { x, context, targets } of pieces(this.#dataset, order, this.shapes, this.#where, this.#name)) {
      if (unitVectors) normaliseRows(x, eventShape, unitVectors);
      for (let start = 0; start < x.length; start += widths[0], row++) {
        if (row < leave) continue;
        batch.x.set(x.subarray(start, start + widths[0]), filled * widths[0]);
        const place = start / widths[0];
        batch.context?.set(context!.subarray(place * widths[1], (place + 1) * widths[1]), filled * widths[1]);
        batch.targets?.set(targets!.subarray(place * widths[2], (place + 1) * widths[2]), filled * widths[2]);
        batch.indices[filled++] = row;
        if (filled < size) continue;
        yield batch;
        batch = emptyBatch(size, widths, this.shapes);
        filled = 0;
      }
    }
    if (row !== this.rows) {
      throw new FlowDataError(this.#where, {
        expected: `${this.rows} rows in every pass over ${this.#name}, as in the first`,
        got: `${row}`,
        hint: 'A generator runs once only: pass the generator function instead, and it is called for every pass.',
      });
    }
    if (filled > 0) yield cut(batch, filled, widths);
  }
}

/** Reads a dataset to its end; tensors are freed once read. */
async function* pieces(
  dataset: Dataset,
  pass: RandomStream | null,
  shapes: RowShapes,
  where: string,
  name: string,
): AsyncIterable<Piece> {
  for await (const element of dataset(pass)) {
    const parts = unpack(element, shapes, where, name);
    try {
      const x = await toRows(parts.x, shapes.eventShape, where, name, true);
      const context = parts.context === null ? null : await toRows(parts.context, shapes.contextShape!, where, `${name}.context`, true); // prettier-ignore
      const targets = parts.targets === null ? null : await toRows(parts.targets, shapes.targetShape!, where, `${name}.targets`, true); // prettier-ignore
      parts.checkRows(x, context, targets);
      yield { x, context, targets };
    } finally {
      for (const part of [parts.x, parts.context, parts.targets]) if (part instanceof tf.Tensor) part.dispose();
    }
  }
}

function emptyBatch(rows: number, [width, contextWidth, targetWidth]: number[], shapes: RowShapes): Batch {
  return {
    rows,
    x: new Float32Array(rows * width),
    context: shapes.contextShape && new Float32Array(rows * contextWidth),
    targets: shapes.targetShape && new Float32Array(rows * targetWidth),
    indices: new Int32Array(rows),
  };
}

function cut(batch: Batch, rows: number, [width, contextWidth, targetWidth]: number[]): Batch {
  return {
    rows,
    x: batch.x.slice(0, rows * width),
    context: batch.context && batch.context.slice(0, rows * contextWidth),
    targets: batch.targets && batch.targets.slice(0, rows * targetWidth),
    indices: batch.indices.slice(0, rows),
  };
}
