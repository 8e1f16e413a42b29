import { existsSync } from 'node:fs';
import { FlowFileError } from 'tfjs-flows';
import type { TableFormat } from '../tables/format-names.js';
import { formatOf } from '../tables/formats.js';

/** Where a table is written to. */
export interface OutputFlags {
  readonly out: string;
  readonly format?: TableFormat;
  readonly force?: boolean;
}

/** The format to write in: that of the name, or of the input for the standard output. */
export function targetOf({ out, format, force }: OutputFlags, input: string): TableFormat {
  if (out === '-') return input === '-' ? (format ?? 'csv') : formatOf(input, format);
  refuseToOverwrite(out, force);
  return formatOf(out);
}

/** @throws FlowFileError for what is there, unless it may be overwritten. */
export function refuseToOverwrite(path: string, force = false): void {
  if (path === '-' || force || !existsSync(path)) return;
  throw new FlowFileError('--out', { expected: 'a new place to write to', got: `${path}, which is there already`, hint: 'Add --force to overwrite it.' }); // prettier-ignore
}
