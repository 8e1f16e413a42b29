import * as tf from '@tensorflow/tfjs-core';
import { FlowDataError } from '../../errors.js';
import { asDataset, type DataStream } from './dataset.js';
import { Inspector, type Expectations } from './inspector.js';
import { MemoryTable } from './memory-table.js';
import { toRows, type Rows } from './rows.js';
import { StreamTable } from './stream-table.js';
import type { Table } from './table.js';
import { unpack } from './unpack.js';

/**
 * What a model can be fitted to: rows, rows with a context each, or a target where the objective wants one, or a stream of
 * any of these (a `tf.data` dataset, an async
 * iterable that can be read more than once, or a function that makes one). A stream is read once before training, to
 * check and count its rows, and then once an epoch, in its own order; a function gets random numbers for the pass, null
 * the first time and in validation. Tensors that it yields are disposed once read.
 */
export type FitData =
  | Rows
  | {
      /** One row an event. */
      readonly x: Rows;
      /** One context a row. */
      readonly context?: Rows;
      /** What the objective wants beside, one a row. */
      readonly targets?: Rows;
    }
  | DataStream;

/**
 * Reads and checks data of any kind.
 *
 * @throws FlowShapeError for a wrong rank or width.
 * @throws FlowDataError for rows that cannot be used.
 */
export async function readTable(
  data: FitData,
  expected: Expectations,
  { training, where, name }: { training: boolean; where: string; name: string },
): Promise<Table> {
  const dataset = data instanceof tf.Tensor ? null : asDataset(data);
  if (dataset) {
    if ((data as { size?: unknown }).size === Infinity) {
      throw new FlowDataError(where, {
        expected: `${name}: a dataset that ends`,
        got: 'one that repeats for ever',
        hint: 'Leave `repeat` out; the data are read again for each epoch.',
      });
    }
    return StreamTable.open(dataset, expected, training, where, name);
  }
  const parts = unpack(data, expected, where, name);
  const x = await toRows(parts.x, expected.eventShape, where, name);
  const context = parts.context === null ? null : await toRows(parts.context, expected.contextShape!, where, `${name}.context`); // prettier-ignore
  const targets = parts.targets === null ? null : await toRows(parts.targets, expected.targetShape!, where, `${name}.targets`); // prettier-ignore
  parts.checkRows(x, context, targets);
  const seen = new Inspector(where, name, expected);
  seen.add(x, context, targets);
  const found = { digest: seen.digest, warnings: seen.conclude({ training }) };
  return new MemoryTable({ shapes: expected, x, context, targets, ...found });
}
