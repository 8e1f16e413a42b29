import { extname } from 'node:path';
import { FlowConfigError } from 'tfjs-flows';
import { FORMATS, type TableFormat } from './format-names.js';

const EXTENSIONS: Readonly<Record<string, TableFormat>> = {
  '.csv': 'csv',
  '.tsv': 'csv',
  '.parquet': 'parquet',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.arrow': 'arrow',
  '.feather': 'arrow',
};

/**
 * The format of a file, by its name where it is not given; `.csv.gz` is CSV.
 *
 * @throws FlowConfigError for a name that says nothing.
 */
export function formatOf(path: string, given?: TableFormat): TableFormat {
  const found = given ?? EXTENSIONS[extname(path.replace(/\.gz$/, '')).toLowerCase()];
  if (found) return found;
  throw new FlowConfigError('formatOf', {
    expected: `a file named ${Object.keys(EXTENSIONS).join(', ')}`,
    got: path,
    hint: `Say which of ${FORMATS.join(', ')} it is by --format.`,
  });
}
