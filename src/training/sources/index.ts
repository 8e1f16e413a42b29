export type { RowSource, SourceRows } from './row-source.js';
