export type { DataStream, DatasetElement, DatasetFunction, DatasetLike, Listable } from './dataset.js';
export type { FitData } from './read.js';
export type { NumericArray, Row, Rows } from './rows.js';
export type { BatchTensors } from './table.js';
