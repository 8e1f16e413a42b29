import type { DuckDBConnection } from '@duckdb/node-api';
import { FlowDataError } from 'tfjs-flows';
import { literal } from './sql.js';

/** What DuckDB finds out about a file. */
interface Dialect {
  readonly Delimiter: string;
  readonly Quote: string;
  readonly Escape: string;
  readonly NewLineDelimiter: string;
  readonly Comment: string;
  readonly SkipRows: number;
  readonly HasHeader: boolean;
  readonly Columns: readonly { readonly name: string; readonly type: string }[];
  readonly DateFormat: string | null;
  readonly TimestampFormat: string | null;
}

/** How DuckDB says that there is none. */
const NONE = '(empty)';
/** What cells are commonly set apart by. */
const DELIMITERS = /[,;\t|]/;

/**
 * A CSV file as it stands in a query: how it is written is found out once, from all of it, and spelled out.
 *
 * DuckDB makes sense of lines of different lengths by another delimiter, or by leaving lines away; both are refused here. Lines before
 * the header may be comments that begin with `#`, or empty.
 *
 * @throws FlowDataError for lines of different numbers of cells
 */
export async function csvSource(connection: DuckDBConnection, path: string): Promise<string> {
  const dialect = await sniff(connection, path);
  await refuseRagged(connection, path, dialect);
  const { Columns, DateFormat, TimestampFormat } = dialect;
  const columns = Columns.map(({ name, type }) => `${literal(name)}: ${literal(type)}`).join(', ');
  const options = [
    'auto_detect = false',
    `delim = ${given(dialect.Delimiter)}`,
    `quote = ${given(dialect.Quote)}`,
    `escape = ${given(dialect.Escape)}`,
    `new_line = ${given(dialect.NewLineDelimiter)}`,
    `comment = ${given(dialect.Comment)}`,
    `skip = ${dialect.SkipRows}`,
    `header = ${dialect.HasHeader}`,
    `columns = {${columns}}`,
    ...(DateFormat ? [`dateformat = ${literal(DateFormat)}`] : []),
    ...(TimestampFormat ? [`timestampformat = ${literal(TimestampFormat)}`] : []),
  ];
  return `read_csv(${literal(path)}, ${options.join(', ')})`;
}

/** The sniffer would keep the whole of a large file, so it works within a limit that two threads can do with. */
async function sniff(connection: DuckDBConnection, path: string): Promise<Dialect> {
  await connection.run("SET memory_limit = '256MB'; SET threads = 2");
  try {
    const sniffed = await connection.runAndReadAll(`SELECT * FROM sniff_csv(${literal(path)}, sample_size = -1)`);
    return sniffed.getRowObjectsJson()[0] as unknown as Dialect;
  } catch (error) {
    if (!/sniffing/.test((error as Error).message)) throw error;
    throw new FlowDataError('TableFile.open', { expected: oneLength(path), got: 'some that no delimiter fits' });
  } finally {
    await connection.run('RESET memory_limit; RESET threads');
  }
}

function oneLength(path: string): string {
  return `lines of ${path} with one number of cells`;
}

function given(value: string): string {
  return literal(value === NONE ? '' : value);
}

async function refuseRagged(connection: DuckDBConnection, path: string, dialect: Dialect): Promise<void> {
  const { Columns, Quote, SkipRows } = dialect;
  if (Columns.length === 1 && Quote === NONE && DELIMITERS.test(Columns[0].name)) {
    throw new FlowDataError('TableFile.open', { expected: oneLength(path), got: `some that differ from the header, ${Columns[0].name}` }); // prettier-ignore
  }
  if (SkipRows === 0) return;
  const skipped = (await firstLines(connection, path, SkipRows)).find((line) => line.trim() !== '' && !line.startsWith('#')); // prettier-ignore
  if (skipped === undefined) return;
  throw new FlowDataError('TableFile.open', { expected: oneLength(path), got: `one unlike those after it: ${skipped.slice(0, 100)}` }); // prettier-ignore
}

/** Lines as they are, unpacked where the file is packed. */
async function firstLines(connection: DuckDBConnection, path: string, count: number): Promise<string[]> {
  const whole = `auto_detect = false, delim = '\x01', quote = '', escape = '', header = false, columns = {'line': 'VARCHAR'}`;
  const lines = await connection.runAndReadAll(`SELECT line FROM read_csv(${literal(path)}, ${whole}) LIMIT ${count}`);
  return lines.getRows().map(([line]) => String(line ?? ''));
}
