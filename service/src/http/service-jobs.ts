import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { replaceFile } from '../files/replace-file.js';
import { hasEnded, type JobQueue, type JobStatus, type Json } from '../jobs/job.js';
import type { ModelRegistry } from '../registry/model-registry.js';
import { FORMATS, type TableFormat } from '../tables/format-names.js';
import { busy } from './problem.js';

/** What is kept beside a job: what a caller asked for, without paths. */
const Request = Type.Object({
  kind: Type.Enum(['fit', 'score', 'sample']),
  /** Name that a model is fitted for, or of the one that is asked. */
  model: Type.String(),
  /** Null for a fit. */
  version: Type.Union([Type.Integer(), Type.Null()]),
  /** Form of the result; null for a fit. */
  to: Type.Union([Type.Enum([...FORMATS]), Type.Null()]),
});

/** What a caller asked for. */
export type JobRequest = Static<typeof Request>;

/** A job as callers see it. */
export interface JobView extends JobRequest, Pick<JobStatus, 'id' | 'state' | 'progress' | 'detail' | 'error' | 'attempts' | 'submittedAt' | 'startedAt' | 'endedAt'> {
  /** Of a fit the version and what the model says of itself, else the counts of rows and the mean. */
  readonly result: Json;
} // prettier-ignore

/** Files that jobs write, by format. */
const ENDINGS: Readonly<Record<TableFormat, string>> = {
  csv: 'csv',
  parquet: 'parquet',
  ndjson: 'ndjson',
  arrow: 'arrow',
};

/**
 * Jobs of the service. Each has a folder with what was asked, the table that was uploaded, and what came of it. A model that was fitted is
 * published when its job is seen to be done, and a job is not called done before; a crash between the two changes nothing.
 */
export class ServiceJobs {
  readonly #folder: string;
  readonly #queue: JobQueue;
  readonly #registry: ModelRegistry;
  readonly #most: number;
  readonly #settling = new Map<string, Promise<Json>>();
  readonly #stop = new AbortController();
  readonly #watches = new Set<Promise<void>>();

  constructor(folder: string, queue: JobQueue, registry: ModelRegistry, most: number) {
    this.#folder = folder;
    this.#queue = queue;
    this.#registry = registry;
    this.#most = most;
  }

  /** Goes on with the jobs of a folder; what a crash left behind of jobs that were never submitted goes. */
  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    for (const id of await readdir(this.#folder)) {
      if (existsSync(this.#requestOf(id)) && (await this.#queue.status(id))) this.#follow(id);
      else await rm(join(this.#folder, id), { recursive: true, force: true });
    }
  }

  /**
   * A new job's folder, to put a table in.
   *
   * @throws Problem 429 where too many jobs wait.
   */
  async prepare(): Promise<{ readonly id: string; readonly folder: string }> {
    const unfinished = (await this.list()).filter(({ state }) => !hasEnded(state)).length;
    if (unfinished >= this.#most) throw busy(`${unfinished} jobs have not ended.`, 30);
    const id = `job-${randomUUID()}`;
    const folder = join(this.#folder, id);
    await mkdir(folder, { recursive: true });
    return { id, folder };
  }

  /** Lets go of a folder that was prepared in vain. */
  async abandon(id: string): Promise<void> {
    await rm(join(this.#folder, id), { recursive: true, force: true });
  }

  /** Submits a prepared job; `input` is what the handler gets beside the place of its output. */
  async submit(id: string, request: JobRequest, input: Readonly<Record<string, Json>>): Promise<JobView> {
    await replaceFile(this.#requestOf(id), JSON.stringify(request));
    await this.#queue.submit(request.kind, { ...input, out: this.#outputOf(id, request) }, { id });
    this.#follow(id);
    return (await this.view(id))!;
  }

  async list(): Promise<JobView[]> {
    const statuses = (await Promise.all(['fit', 'score', 'sample'].map((kind) => this.#queue.list({ kind })))).flat();
    const views = await Promise.all(statuses.map((status) => this.#viewOf(status)));
    return views.flatMap((view) => view ?? []).sort((a, b) => a.submittedAt - b.submittedAt);
  }

  /** Null for a job that is not there. */
  async view(id: string): Promise<JobView | null> {
    if (!existsSync(this.#requestOf(id))) return null;
    const status = await this.#queue.status(id);
    return status && this.#viewOf(status);
  }

  /** The job now and after each change, up to its end. */
  async *watch(id: string, signal: AbortSignal): AsyncGenerator<JobView> {
    const either = AbortSignal.any([signal, this.#stop.signal]);
    for await (const status of this.#queue.watch(id, { signal: either })) {
      const view = await this.#viewOf(status);
      if (view) yield view;
    }
  }

  async cancel(id: string): Promise<boolean> {
    return this.#queue.cancel(id);
  }

  /** Forgets a job that has ended, and what it wrote; a model that it published stays. */
  async remove(id: string): Promise<boolean> {
    if (!(await this.#queue.remove(id))) return false;
    await this.abandon(id);
    return true;
  }

  /** Forgets what ended before a time. */
  async prune(before: number): Promise<void> {
    for (const { id, state, endedAt } of await this.list()) {
      if (hasEnded(state) && endedAt !== null && endedAt < before) await this.remove(id);
    }
  }

  /** The table that a job wrote; null where there is none. */
  async output(id: string): Promise<{ readonly path: string; readonly to: TableFormat } | null> {
    const request = existsSync(this.#requestOf(id)) ? await this.#request(id) : null;
    if (!request?.to) return null;
    const path = this.#outputOf(id, request);
    return existsSync(path) ? { path, to: request.to } : null;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#watches);
  }

  /** Settles a job when it has ended, whether or not anybody asks. */
  #follow(id: string): void {
    const watch = (async () => {
      for await (const status of this.#queue.watch(id, { signal: this.#stop.signal })) {
        if (hasEnded(status.state)) await this.#settled(status);
      }
    })()
      .catch(() => undefined)
      .finally(() => this.#watches.delete(watch));
    this.#watches.add(watch);
  }

  async #viewOf(status: JobStatus): Promise<JobView | null> {
    const { id, progress, detail, attempts, submittedAt, startedAt, endedAt } = status;
    let { state, error } = status;
    const request = await this.#request(id).catch(() => null);
    if (!request) return null;
    let result: Json = null;
    if (hasEnded(state)) {
      try {
        result = await this.#settled(status);
      } catch (cause) {
        [state, error] = ['failed', (cause as Error).message];
      }
    }
    return { id, ...request, state, progress, detail, error, result, attempts, submittedAt, startedAt, endedAt };
  }

  /** Puts what a job came to in its place, once. */
  #settled(status: JobStatus): Promise<Json> {
    const { id } = status;
    let settling = this.#settling.get(id);
    if (!settling) {
      settling = this.#settle(status);
      this.#settling.set(id, settling);
      settling.catch(() => this.#settling.delete(id));
    }
    return settling;
  }

  async #settle({ id, state, result }: JobStatus): Promise<Json> {
    for (const name of await readdir(join(this.#folder, id))) {
      if (name.startsWith('table.')) await rm(join(this.#folder, id, name), { force: true });
    }
    if (state !== 'done') return null;
    const request = await this.#request(id);
    if (request.kind !== 'fit') {
      const { rows, mean } = result as { readonly rows: number; readonly mean?: number };
      return mean === undefined ? { rows } : { rows, mean };
    }
    const { version, description } = await this.#registry.publish(request.model, this.#outputOf(id, request), id);
    return { version, model: description as unknown as Json };
  }

  async #request(id: string): Promise<JobRequest> {
    return Value.Parse(Request, JSON.parse(await readFile(this.#requestOf(id), 'utf8')));
  }

  #requestOf(id: string): string {
    return join(this.#folder, id, 'request.json');
  }

  #outputOf(id: string, { to }: JobRequest): string {
    return join(this.#folder, id, to === null ? 'model' : `result.${ENDINGS[to]}`);
  }
}
