import type { Tensor } from '@tensorflow/tfjs-core';
import type { RandomStream } from '../../random.js';
import type { Row, Rows } from './rows.js';

/**
 * One element of a dataset: a row, or a batch of rows, with their contexts where the model is conditional, and targets where
 * the objective wants them.
 */
export type DatasetElement =
  | Row
  | Rows
  | Tensor
  | {
      /** One row, or a batch of them. */
      readonly x: Row | Rows;
      /** Its context, or theirs. */
      readonly context?: Row | Rows;
      /** What the objective wants beside, likewise. */
      readonly targets?: Row | Rows;
    };

/** The part of a `tf.data` dataset that is used here. */
export interface DatasetLike {
  /** Number of elements; null or missing when unknown. */
  readonly size?: number | null;
  /** Starts a pass over all elements. */
  iterator(): Promise<{
    /** The next element. */
    next(): Promise<{
      /** A {@link DatasetElement}; checked when it comes. */
      readonly value: unknown;
      /** True after the last one. */
      readonly done?: boolean;
    }>;
  }>;
}

/** Something that can be listed as a whole. */
export interface Listable {
  /** All elements. */
  toArray(): Promise<readonly unknown[]> | readonly unknown[];
}

/**
 * Opens data at their start. Functions that shuffle or augment draw from `pass`, random numbers that depend on the seed
 * and the epoch alone; null when rows are only looked at, to check them or to validate.
 */
export type DatasetFunction = (pass: RandomStream | null) => AsyncIterable<DatasetElement> | Iterable<DatasetElement>;

/** Data that are read piece by piece, once an epoch. */
export type DataStream = DatasetLike | Listable | AsyncIterable<DatasetElement> | DatasetFunction;

/** Opens a data stream at its start, for a pass with random numbers of its own or none. */
export type Dataset = (pass: RandomStream | null) => AsyncIterable<unknown> | Iterable<unknown>;

/** How to open `data` when they are a stream of any kind, else null. */
export function asDataset(data: unknown): Dataset | null {
  if (typeof data === 'function') return data as Dataset;
  if (typeof data !== 'object' || data === null || Array.isArray(data) || ArrayBuffer.isView(data)) return null;
  const source = data as Partial<DatasetLike & Listable & AsyncIterable<unknown>>;
  if (typeof source.iterator === 'function') return () => fromIterator(source as DatasetLike);
  if (typeof source[Symbol.asyncIterator] === 'function') return () => source as AsyncIterable<unknown>;
  if (typeof source.toArray === 'function') return () => fromListable(source as Listable);
  return null;
}

async function* fromIterator(dataset: DatasetLike): AsyncIterable<unknown> {
  const iterator = await dataset.iterator();
  for (;;) {
    const { value, done } = await iterator.next();
    if (done) return;
    yield value;
  }
}

async function* fromListable(listable: Listable): AsyncIterable<unknown> {
  yield* await listable.toArray();
}
