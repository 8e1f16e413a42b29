import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import autocannon from 'autocannon';
import { packModel } from '../../service/src/index.js';
import { COMMAND } from './large-tables.js';

/** Requests for `ln p` by one number of connections. */
export interface RequestRates {
  readonly connections: number;
  readonly rows_per_request: number;
  readonly fit_runs: boolean;
  readonly requests_per_second: number;
  readonly rows_per_second: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly errors: number;
}

/** Connections, and rows of a request. */
const LOADS = [
  [1, 1],
  [8, 1],
  [64, 1],
  [8, 1000],
] as const;

/** Requests a second with and without a fit in the background. */
export async function measureRequests(folder: string, model: string, table: string, seconds: number): Promise<RequestRates[]> {
  const service = spawn(execPath, [COMMAND, 'serve', '--data', join(folder, 'data'), '--inputs', folder, '--port', '0', '--quiet'], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const url = await addressOf(service);
    const archive = await buffer(packModel(model));
    await answered(fetch(`${url}/models/bench`, { method: 'POST', headers: { 'content-type': 'application/gzip' }, body: new Uint8Array(archive) }));
    const rates: RequestRates[] = [];
    for (const fits of [false, true]) {
      const job = fits ? await startFit(url, table) : null;
      for (const [connections, rows] of LOADS) {
        rates.push(await load(url, connections, rows, fits, seconds));
        console.error(JSON.stringify(rates.at(-1)));
      }
      if (job !== null) await answered(fetch(`${url}/jobs/${job}`, { method: 'DELETE' }));
    }
    return rates;
  } finally {
    const ended = once(service, 'close');
    service.kill('SIGTERM');
    await ended;
  }
} // prettier-ignore

async function load(url: string, connections: number, rows: number, fits: boolean, duration: number): Promise<RequestRates> {
  const body = JSON.stringify({ rows: Array.from({ length: rows }, (_, i) => ({ a: Math.sin(i), b: 0.3, c: 1.1 })) });
  const request = { url: `${url}/models/bench/log-prob`, method: 'POST' as const, headers: { 'content-type': 'application/json' }, body };
  await autocannon({ ...request, connections, duration: 2 });
  const { requests, latency, errors, non2xx } = await autocannon({ ...request, connections, duration });
  return {
    connections,
    rows_per_request: rows,
    fit_runs: fits,
    requests_per_second: requests.average,
    rows_per_second: requests.average * rows,
    p50_ms: latency.p50,
    p99_ms: latency.p99,
    errors: errors + non2xx,
  };
} // prettier-ignore

/** Starts a fit that outlasts the measurement, and waits until it trains. */
async function startFit(url: string, table: string): Promise<string> {
  const request = { model: 'other', table, options: { timeBudget: 3600, model: 'spline-coupling', epochs: 10_000 } };
  const { id } = (await (await answered(fetch(`${url}/jobs/fit`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(request) }))).json()) as { id: string };
  for (;;) {
    const { detail, error } = (await (await fetch(`${url}/jobs/${id}`)).json()) as { detail: unknown; error: string | null };
    if (error !== null) throw new Error(error);
    if (detail) return id;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
} // prettier-ignore

async function answered(answer: Promise<Response>): Promise<Response> {
  const got = await answer;
  if (got.ok) return got;
  throw new Error(`${got.status} ${await got.text()}`);
}

async function addressOf(service: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: service.stdout! })) {
    const [, url] = /serves (\S+);/.exec(line) ?? [];
    if (url) return url;
  }
  throw new Error('The service does not start.');
}
