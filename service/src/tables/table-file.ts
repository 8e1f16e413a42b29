import { randomUUID } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DuckDBInstance, type DuckDBConnection, type DuckDBResult, type DuckDBValue } from '@duckdb/node-api';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { FlowDataError, FlowFileError } from 'tfjs-flows';
import { readArrow } from './arrow.js';
import { csvSource } from './csv.js';
import type { TableFormat } from './format-names.js';
import { formatOf } from './formats.js';
import { literal, quoted } from './sql.js';
import type { Column, Table } from './table.js';
import { tableOf } from './table-of.js';

/** Rows of a batch are some of these at least, DuckDB's chunks of 2,048 put together. */
const BATCH = 16_384;
const NUMBERS =
  /^(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|UTINYINT|USMALLINT|UINTEGER|UBIGINT|UHUGEINT|FLOAT|DOUBLE|DECIMAL|BOOLEAN)/;
const TIMES = /^(DATE|TIMESTAMP)/;

/**
 * A table file, read by DuckDB piece by piece, so that it may be larger than memory; Arrow files are read whole.
 *
 * Numbers and booleans are numbers, dates and times are seconds since 1970, anything else is text; what is null is missing.
 */
export class TableFile {
  readonly names: readonly string[];
  readonly rowCount: number;
  readonly #source: string;
  readonly #select: string;
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #folder: string;

  private constructor(names: readonly string[], rowCount: number, source: string, select: string, instance: DuckDBInstance, connection: DuckDBConnection, folder: string) {
    this.names = names;
    this.rowCount = rowCount;
    this.#source = source;
    this.#select = select;
    this.#instance = instance;
    this.#connection = connection;
    this.#folder = folder;
  } // prettier-ignore

  /**
   * Opens a file, or what comes in at the standard input for `-`.
   *
   * @throws FlowFileError when there is no such file, or it cannot be read as that format; FlowDataError for one without rows.
   */
  static async open(path: string, given?: TableFormat): Promise<TableFile> {
    const folder = await mkdtemp(join(tmpdir(), 'tfjs-flows-'));
    let connection: DuckDBConnection | null = null;
    try {
      const format = path === '-' ? (given ?? 'csv') : formatOf(path, given);
      let file = path;
      if (path === '-') {
        file = join(folder, 'input');
        await pipeline(process.stdin, createWriteStream(file));
      } else if (!existsSync(path)) {
        throw new FlowFileError('TableFile.open', { expected: 'a file', got: `${path}, which is not there` });
      }
      const instance = await DuckDBInstance.create(':memory:', {
        temp_directory: folder,
        preserve_insertion_order: 'true',
      });
      connection = await instance.connect();
      const source = await sourceOf(file, format, folder, connection);
      const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`);
      const columns = described.getRows().map(([name, type]) => [String(name), String(type)] as const);
      const select = columns.map(([name, type]) => `${castOf(name, type)} AS ${quoted(name)}`).join(', ');
      const rowCount = await countRows(connection, source);
      if (rowCount === 0) throw new FlowDataError('TableFile.open', { expected: `rows in ${path}`, got: 'none' });
      return new TableFile(columns.map(([name]) => name), rowCount, source, select, instance, connection, folder); // prettier-ignore
    } catch (error) {
      connection?.closeSync();
      await rm(folder, { recursive: true, force: true });
      if (error instanceof FlowFileError || error instanceof FlowDataError || !(error instanceof Error)) throw error;
      if (error.name === 'FlowConfigError') throw error;
      throw new FlowFileError('TableFile.open', {
        expected: `a table in ${path}`,
        got: firstLine(error),
        cause: error,
      });
    }
  }

  /**
   * Tables of some thousand rows each, in the order of the file, over a connection of their own: any other statement would end
   * the stream in silence.
   *
   * @param range rows `first` to `first + count - 1`; only in Parquet are those before skipped without being read
   */
  async *batches(range?: { readonly first: number; readonly count: number }): AsyncGenerator<Table> {
    const limits = range ? ` LIMIT ${range.count} OFFSET ${range.first}` : '';
    const connection = await this.#instance.connect();
    try {
      const result = await connection.stream(`SELECT ${this.#select} FROM ${this.#source}${limits}`);
      let columns: DuckDBValue[][] = this.names.map(() => []);
      for await (const chunk of chunksOf(result)) {
        chunk.forEach((values, i) => columns[i].push(...values));
        if (columns[0].length < BATCH) continue;
        yield this.#table(columns);
        columns = this.names.map(() => []);
      }
      if (columns[0].length > 0) yield this.#table(columns);
    } finally {
      connection.closeSync();
    }
  }

  /** All rows. */
  async read(): Promise<Table> {
    const result = await this.#connection.runAndReadAll(`SELECT ${this.#select} FROM ${this.#source}`);
    return this.#table(result.getColumns());
  }

  /**
   * Writes the file again with more columns of numbers, given batch by batch, beside those it has, which stay as they are. The file
   * is in its place once it is whole.
   *
   * @throws FlowFileError when it cannot be written; FlowDataError when the batches have not as many rows as the file.
   */
  async writeWith(path: string, format: TableFormat, names: readonly string[], batches: AsyncIterable<readonly Float64Array[]>): Promise<void> {
    const declared = names.map((name) => `${quoted(name)} DOUBLE`).join(', ');
    await this.#connection.run(`CREATE TEMP TABLE added (${declared})`);
    const appender = await this.#connection.createAppender('added');
    for await (const columns of batches) {
      for (let row = 0; row < columns[0].length; row++) {
        for (const column of columns) appender.appendDouble(column[row]);
        appender.endRow();
      }
      appender.flushSync();
    }
    appender.closeSync();
    await this.#writeBeside('added', path, format);
  } // prettier-ignore

  /** Writes the file again, in another format. It is in its place once it is whole. */
  async copyTo(path: string, format: TableFormat): Promise<void> {
    await writeQuery(this.#connection, `SELECT * FROM ${this.#source}`, path, format);
  }

  /**
   * Writes the file again with the columns of Parquet files beside those it has; these files, one after the other, have as many
   * rows.
   *
   * @throws FlowFileError when it cannot be written; FlowDataError when there are not as many rows.
   */
  async joinWith(path: string, format: TableFormat, parts: readonly string[]): Promise<void> {
    await this.#writeBeside(`read_parquet([${parts.map(literal).join(', ')}], union_by_name = true)`, path, format);
  }

  async close(): Promise<void> {
    this.#connection.closeSync();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** A positional join fills what is too short with nulls, so rows are counted first. */
  async #writeBeside(added: string, path: string, format: TableFormat): Promise<void> {
    const rows = await countRows(this.#connection, added);
    if (rows !== this.rowCount) {
      throw new FlowDataError('TableFile', { expected: `${this.rowCount} rows beside those of the file`, got: String(rows) }); // prettier-ignore
    }
    await writeQuery(this.#connection, `SELECT * FROM ${this.#source} POSITIONAL JOIN ${added}`, path, format);
  }

  #table(columns: readonly DuckDBValue[][]): Table {
    return tableOf(Object.fromEntries(this.names.map((name, i) => [name, columns[i] as (number | string | null)[]])));
  }
}

/** Writes a table; `-` is the standard output. The file is in its place once it is whole. */
export async function writeTable(table: Table, path: string, format: TableFormat): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tfjs-flows-'));
  const instance = await DuckDBInstance.create(':memory:', { temp_directory: folder });
  const connection = await instance.connect();
  try {
    const columns = Object.entries(table.columns);
    const declared = columns.map(([name, column]) => `${quoted(name)} ${typeOf(column)}`).join(', ');
    await connection.run(`CREATE TABLE written (${declared})`);
    const appender = await connection.createAppender('written');
    for (let row = 0; row < table.rowCount; row++) {
      for (const [, column] of columns) {
        const value = column[row];
        if (value === null || Number.isNaN(value)) appender.appendNull();
        else if (typeof value === 'string') appender.appendVarchar(value);
        else if (typeOf(column) === 'BIGINT') appender.appendBigInt(BigInt(value));
        else appender.appendDouble(value);
      }
      appender.endRow();
    }
    appender.closeSync();
    await writeQuery(connection, 'SELECT * FROM written', path, format);
  } finally {
    connection.closeSync();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes the rows of Parquet files, one file after the other. The file is in its place once it is whole. */
export async function concatenate(parts: readonly string[], path: string, format: TableFormat): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { preserve_insertion_order: 'true' });
  const connection = await instance.connect();
  try {
    const all = `read_parquet([${parts.map(literal).join(', ')}], union_by_name = true)`;
    await writeQuery(connection, `SELECT * FROM ${all}`, path, format);
  } finally {
    connection.closeSync();
  }
}

async function writeQuery(
  connection: DuckDBConnection,
  query: string,
  path: string,
  format: TableFormat,
): Promise<void> {
  const toOutput = path === '-';
  const temporary = toOutput
    ? join(await mkdtemp(join(tmpdir(), 'tfjs-flows-')), 'output')
    : join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    if (format === 'arrow') {
      const reader = await connection.runAndReadAll(query);
      const columns = reader.getColumnsObject();
      const arrays = Object.entries(columns).map(([name, values]) => [name, values.map((value) => typeof value === 'bigint' ? Number(value) : value)]); // prettier-ignore
      await writeFile(
        temporary,
        tableToIPC(tableFromArrays(Object.fromEntries(arrays) as Record<string, unknown[]>), 'file'),
      );
    } else {
      await connection.run(`COPY (${query}) TO ${literal(temporary)} ${COPY_OPTIONS[format]}`);
    }
    if (toOutput) process.stdout.write(await readFile(temporary));
    else await rename(temporary, path);
  } catch (cause) {
    throw new FlowFileError('writeTable', { expected: 'a place to write to', got: path, cause });
  } finally {
    await rm(toOutput ? dirname(temporary) : temporary, { recursive: true, force: true });
  }
}

const COPY_OPTIONS = {
  csv: '(FORMAT csv, HEADER)',
  parquet: '(FORMAT parquet)',
  ndjson: '(FORMAT json)',
} as const;

/** The table as it stands in a query. Arrow files are put down as Parquet. */
async function sourceOf(
  path: string,
  format: TableFormat,
  folder: string,
  connection: DuckDBConnection,
): Promise<string> {
  switch (format) {
    case 'csv':
      return csvSource(connection, path);
    case 'parquet':
      return `read_parquet(${literal(path)})`;
    case 'ndjson':
      return `read_json(${literal(path)}, format = 'newline_delimited')`;
    case 'arrow': {
      const spooled = join(folder, 'arrow.parquet');
      await writeTable(tableOf(readArrow(await readFile(path))), spooled, 'parquet');
      return `read_parquet(${literal(spooled)})`;
    }
  }
}

async function countRows(connection: DuckDBConnection, source: string): Promise<number> {
  const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${source}`);
  return Number(counted.getRows()[0][0]);
}

async function* chunksOf(result: DuckDBResult): AsyncGenerator<DuckDBValue[][]> {
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) return;
    yield chunk.getColumns();
  }
}

function castOf(name: string, type: string): string {
  if (NUMBERS.test(type)) return `CAST(${quoted(name)} AS DOUBLE)`;
  if (TIMES.test(type)) return `epoch(CAST(${quoted(name)} AS TIMESTAMP))`;
  return `CAST(${quoted(name)} AS VARCHAR)`;
}

function typeOf(column: Column): 'BIGINT' | 'DOUBLE' | 'VARCHAR' {
  if (!(column instanceof Float64Array)) return 'VARCHAR';
  return column.every((value) => Number.isNaN(value) || Number.isSafeInteger(value)) ? 'BIGINT' : 'DOUBLE';
}

function firstLine({ message }: Error): string {
  return message.split('\n')[0].replace(/\.$/, '');
}
