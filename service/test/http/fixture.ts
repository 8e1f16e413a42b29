import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RandomStream } from 'tfjs-flows';
import { DensityEstimator, startServer, type Server, type ServerOptions } from '../../src/index.js';

/** Rows of two numbers and a category, of which some depend on each other. */
export function rowsOf(count: number, seed: string): { a: number; b: number; c: string }[] {
  const stream = new RandomStream(seed);
  return Array.from({ length: count }, () => {
    const c = 'xyz'[Math.floor(3 * stream.next())];
    const a = stream.nextNormal() + (c === 'x' ? 2 : 0);
    return { a, b: Math.exp(a / 2 + stream.nextNormal() / 3), c };
  });
}

/** Those rows as CSV. */
export function csvOf(rows: readonly { a: number; b: number; c: string }[]): string {
  return `a,b,c\n${rows.map(({ a, b, c }) => `${a},${b},${c}`).join('\n')}\n`;
}

/** A quick model of such rows. */
export async function fittedModel(folder: string): Promise<void> {
  using estimator = new DensityEstimator({ model: 'spline-coupling', epochs: 2, missing: 'impute', seed: 'service' });
  await estimator.fit(rowsOf(300, 'to fit'));
  await estimator.save(folder);
}

/** A server on loopback with a folder of its own, and what asks it. */
export class Service {
  readonly root: string;
  readonly #options: Partial<ServerOptions>;
  #server: Server | null = null;
  token: string | null = null;

  constructor(options: Partial<ServerOptions> = {}) {
    this.root = mkdtempSync(join(tmpdir(), 'service-'));
    this.#options = options;
  }

  get data(): string {
    return join(this.root, 'data');
  }

  get url(): string {
    return this.#server!.url;
  }

  async start(): Promise<this> {
    this.#server = await startServer({ data: this.data, port: 0, ...this.#options });
    return this;
  }

  async stop(): Promise<void> {
    await this.#server?.close();
    this.#server = null;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.root, { recursive: true, force: true });
  }

  /** The answer, read to its end, so that no connection stays open. */
  async ask(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.token) headers.set('authorization', `Bearer ${this.token}`);
    const answer = await fetch(`${this.url}${path}`, { ...init, headers });
    const body = await answer.arrayBuffer();
    return new Response(body.byteLength > 0 ? body : null, answer);
  }

  /** Posts JSON, or a body of another type. */
  post(
    path: string,
    body: unknown,
    type = 'application/json',
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const bytes = type === 'application/json' && typeof body !== 'string' ? JSON.stringify(body) : (body as string | Uint8Array<ArrayBuffer>); // prettier-ignore
    return this.ask(path, { method: 'POST', headers: { 'content-type': type, ...headers }, body: bytes });
  }

  async json<T = Record<string, unknown>>(answer: Promise<Response>): Promise<T> {
    return (await (await answer).json()) as T;
  }

  /** Uploads a table for a job. */
  upload(path: string, request: object, table: string | Uint8Array<ArrayBuffer>, name = 'rows.csv'): Promise<Response> {
    const form = new FormData();
    form.append('request', JSON.stringify(request));
    form.append('file', new Blob([table]), name);
    return this.ask(path, { method: 'POST', body: form });
  }

  /** The job at its end, by its events. */
  async ended<T = Record<string, unknown>>(id: string): Promise<T> {
    const text = await (await this.ask(`/jobs/${id}/events`)).text();
    const last = text.trim().split('\n\n').at(-1)!;
    return JSON.parse(
      last
        .split('\n')
        .find((line) => line.startsWith('data:'))!
        .slice(5),
    ) as T;
  }
}
