/** Formats of table files. */
export const FORMATS = ['csv', 'parquet', 'ndjson', 'arrow'] as const;

/** Format of a table file. */
export type TableFormat = (typeof FORMATS)[number];
