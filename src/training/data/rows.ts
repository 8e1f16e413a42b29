import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowDataError, FlowShapeError } from '../../errors.js';
import { formatBatched, formatShape, sameShape, sizeOf, type Shape } from '../../shapes.js';

/** Arrays of numbers of one type. */
export type NumericArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** One row: nested arrays of the event shape, or its numbers one after the other. A scalar event is a number. */
export type Row = number | NumericArray | readonly Row[];

/**
 * Rows of numbers: a tensor `[n, ...shape]`, an array of rows, or one typed array with all rows one after the other.
 */
export type Rows = Tensor | NumericArray | readonly Row[];

/** Whether `value` is a typed array of plain numbers. */
export function isNumericArray(value: unknown): value is NumericArray {
  return (
    ArrayBuffer.isView(value) &&
    !(value instanceof DataView || value instanceof BigInt64Array || value instanceof BigUint64Array)
  );
}

/**
 * Brings rows of any kind to one `Float32Array`, one row after the other.
 *
 * @param single whether one row without a batch axis will do; elements of a dataset may be that
 * @throws FlowShapeError for a wrong rank or width.
 * @throws FlowDataError for anything that is not a number.
 */
export async function toRows(rows: unknown, shape: Shape, where: string, name: string, single = false) {
  if (rows instanceof tf.Tensor) return fromTensor(rows as Tensor, shape, where, name, single);
  if (isNumericArray(rows)) return fromTypedArray(rows, shape, where, name);
  if (Array.isArray(rows)) return fromArray(single && isSingleRow(rows, shape) ? [rows] : rows, shape, where, name);
  if (single && typeof rows === 'number') return fromArray([rows], shape, where, name);
  throw new FlowDataError(where, {
    expected: `${name}: a tensor, an array of rows or a typed array`,
    got: describe(rows),
  });
}

async function fromTensor(tensor: Tensor, shape: Shape, where: string, name: string, single: boolean) {
  const batched = sameShape(tensor.shape.slice(1), shape) && tensor.rank > 0;
  if (!batched && !(single && sameShape(tensor.shape, shape))) {
    throw new FlowShapeError(where, {
      expected: `${name} of shape [${['n', ...shape].join(', ')}]`,
      got: formatShape(tensor.shape),
      hint: 'The first axis counts rows; the others are the event shape of the model.',
    });
  }
  if (tensor.dtype !== 'float32' && tensor.dtype !== 'int32' && tensor.dtype !== 'bool') {
    throw new FlowDataError(where, { expected: `${name}: a tensor of numbers`, got: `dtype ${tensor.dtype}` });
  }
  return new Float32Array(await tensor.data());
}

function fromTypedArray(values: NumericArray, shape: Shape, where: string, name: string): Float32Array {
  const width = sizeOf(shape);
  if (values.length % width !== 0) {
    throw new FlowShapeError(where, {
      expected: `${name} with a multiple of ${width} numbers, for rows of shape ${formatShape(shape)}`,
      got: `${values.length} numbers`,
    });
  }
  return new Float32Array(values);
}

function fromArray(rows: readonly unknown[], shape: Shape, where: string, name: string): Float32Array {
  const width = sizeOf(shape);
  const out = new Float32Array(rows.length * width);
  for (let row = 0; row < rows.length; row++) {
    const start = row * width;
    const length = writeRow(rows[row], out, start, 0, width, (column, value) => {
      throw new FlowDataError(where, {
        expected: `numbers in ${name}`,
        got: `${describe(value)} at row ${row}, column ${column}`,
        hint: 'Convert or drop such cells; nothing is guessed here.',
        rows: [row],
      });
    });
    if (length !== width) {
      throw new FlowShapeError(where, {
        expected: `${name} with ${width} ${width === 1 ? 'number' : 'numbers'} a row, shape ${formatBatched(shape)}`,
        got: `${length} at row ${row}`,
      });
    }
  }
  return out;
}

/** Writes the numbers of one row, however nested, and returns how many there are. */
function writeRow(
  value: unknown,
  out: Float32Array,
  start: number,
  column: number,
  width: number,
  refuse: (column: number, value: unknown) => never,
): number {
  if (typeof value === 'number') {
    if (column < width) out[start + column] = value;
    return column + 1;
  }
  if (!Array.isArray(value) && !isNumericArray(value)) refuse(column, value);
  for (const entry of value as readonly unknown[]) column = writeRow(entry, out, start, column, width, refuse);
  return column;
}

/** Whether a nested array is as deep as one event, rather than a list of events. */
function isSingleRow(rows: readonly unknown[], shape: Shape): boolean {
  let depth = 0;
  for (let value: unknown = rows; Array.isArray(value) || isNumericArray(value); value = value[0]) depth++;
  return depth === shape.length;
}

/** `"abc"`, `null`, `an object`: what stands where a number should. */
function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return typeof value === 'bigint' ? `the bigint ${value}` : String(value);
}
