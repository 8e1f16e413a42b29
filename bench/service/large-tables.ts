import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';

/** The command line of the service. */
export const COMMAND = fileURLToPath(new URL('../../service/src/cli/main.js', import.meta.url));

/** Scoring of one file by the command line. */
export interface ScoredTable {
  readonly format: string;
  readonly rows: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly rows_per_second: number;
  /** Largest memory of the process that scored. */
  readonly peak_rss_mb: number;
}

const FORMATS = ['parquet', 'csv'] as const;

/** A table of three dependent numbers, in each of the formats; written by DuckDB, with any number of rows. */
export async function writeTables(folder: string, rows: number): Promise<Record<(typeof FORMATS)[number], string>> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const uniform = (k: number) => `((hash(i * 8 + ${k}) >> 11) + 0.5) / 9007199254740992.0`;
  const normal = (k: number) => `sqrt(-2 * ln(${uniform(k)})) * cos(2 * pi() * ${uniform(k + 1)})`;
  const draws = `SELECT ${normal(0)} AS u, ${normal(2)} AS v, ${normal(4)} AS w FROM range(${rows}) AS t(i)`;
  const columns = `SELECT u AS a, u * u / 2 + v AS b, exp(u / 2 + w / 3) AS c FROM (${draws})`;
  const paths = { parquet: join(folder, `${rows}.parquet`), csv: join(folder, `${rows}.csv`) };
  for (const format of FORMATS) await connection.run(`COPY (${columns}) TO '${paths[format]}' (FORMAT ${format})`);
  connection.closeSync();
  return paths;
}

/** Runs the command, and watches its memory. */
export async function runCommand(args: readonly string[]): Promise<{ seconds: number; peak: number }> {
  const began = performance.now();
  const child = spawn(execPath, [COMMAND, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, peakOf(child.pid!))), 50);
  const [status] = (await once(child, 'close')) as [number];
  clearInterval(watch);
  if (status !== 0) throw new Error(`tfjs-flows ${args.join(' ')} ended with ${status}`);
  return { seconds: (performance.now() - began) / 1000, peak };
}

/** Scores each file, to Parquet. */
export async function scoreTables(folder: string, model: string, counts: readonly number[]): Promise<ScoredTable[]> {
  const results: ScoredTable[] = [];
  for (const rows of counts) {
    const paths = await writeTables(folder, rows);
    for (const format of FORMATS) {
      const scores = join(folder, 'scores.parquet');
      const { seconds, peak } = await runCommand(['score', model, paths[format], '--out', scores, '--force']);
      const scored = await countScores(scores);
      if (scored !== rows) throw new Error(`${scored} of ${rows} rows have a score`);
      results.push({
        format,
        rows,
        bytes: statSync(paths[format]).size,
        seconds,
        rows_per_second: rows / seconds,
        peak_rss_mb: peak,
      });
      console.error(JSON.stringify(results.at(-1)));
    }
  }
  return results;
}

async function countScores(path: string): Promise<number> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const counted = await connection.runAndReadAll(`SELECT count(log_density) FROM read_parquet('${path}')`);
  connection.closeSync();
  return Number(counted.getRows()[0][0]);
}

/** Largest resident memory that a process has had, MiB; 0 once it has ended. */
function peakOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
