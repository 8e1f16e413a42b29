import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchResult } from './main.js';
import { compareHeldOut, type HeldOut } from './service/held-out.js';
import { runCommand, scoreTables, writeTables, type ScoredTable } from './service/large-tables.js';
import { measureRequests, type RequestRates } from './service/requests.js';
import { formatTable } from './table.js';

/** The service: scoring of large tables, requests a second, and held-out scores beside other ways to estimate densities. */
export async function benchService(quick: boolean): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-service-'));
  try {
    const { csv, parquet } = await writeTables(folder, 20_000);
    const model = join(folder, 'model');
    await runCommand(['fit', csv, '--out', model, '--model', 'spline-coupling', '--epochs', '5']);
    const tables = await scoreTables(folder, model, quick ? [100_000] : [1_000_000, 10_000_000]);
    const requests = await measureRequests(folder, model, parquet.slice(folder.length + 1), quick ? 2 : 10);
    const heldOut = await compareHeldOut(quick);
    return {
      json: { bench: 'service', quick, tables, requests, held_out: heldOut },
      table: [tablesTable(tables), requestsTable(requests), heldOutTable(heldOut)].join('\n\n'),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function tablesTable(tables: readonly ScoredTable[]): string {
  const rows = tables.map(({ format, rows: count, bytes, seconds, rows_per_second, peak_rss_mb }) => [
    format,
    count.toLocaleString('en'),
    (bytes / 1e6).toFixed(0),
    seconds.toFixed(1),
    Math.round(rows_per_second).toLocaleString('en'),
    peak_rss_mb.toFixed(0),
  ]);
  return formatTable([['`score` of a table', 'rows', 'MB', 'seconds', 'rows/s', 'peak memory, MiB'], ...rows]);
}

function requestsTable(requests: readonly RequestRates[]): string {
  const rows = requests.map((rates) => [
    `${rates.connections} connections${rates.fit_runs ? ', a fit runs' : ''}`,
    String(rates.rows_per_request),
    rates.requests_per_second.toFixed(0),
    Math.round(rates.rows_per_second).toLocaleString('en'),
    rates.p50_ms.toFixed(1),
    rates.p99_ms.toFixed(1),
    String(rates.errors),
  ]);
  return formatTable([['log-prob', 'rows each', 'requests/s', 'rows/s', 'median, ms', 'p99, ms', 'errors'], ...rows]);
}

function heldOutTable(results: readonly HeldOut[]): string {
  const rows = results.map((result) => [
    `${result.table}, ${result.dims}-D, ${result.rows} rows`,
    result.method,
    `${result.nats.toFixed(3)} ± ${result.standard_error.toFixed(3)}`,
    result.chosen,
    result.seconds.toFixed(0),
  ]);
  return formatTable([['held-out ln p, nats a row', '', '', 'chosen', 'seconds'], ...rows]);
}
