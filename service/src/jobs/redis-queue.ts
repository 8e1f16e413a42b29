import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, type ConnectionOptions, type Job } from 'bullmq';
import { FlowConfigError } from 'tfjs-flows';
import { jobId } from './job-id.js';
import { hasEnded, type JobFilter, type JobQueue, type JobState, type JobStatus, type Json } from './job.js';

/** Milliseconds between looks at a job that is watched. */
const LOOK = 200;
/** How a failed run is tried again: after 1, 2, 4 ... seconds. */
const BACKOFF = { type: 'exponential', delay: 1000 } as const;

/** Where a queue on Redis is. */
export interface RedisQueueOptions {
  /** Such as `redis://host:6379`. */
  readonly url: string;
  /** Default: tfjs-flows. */
  readonly name?: string;
  /** Runs of a job at most. Default: 3. */
  readonly attempts?: number;
}

/** What Redis keeps of a job beside its state. */
export interface JobData {
  readonly input: Json;
  readonly cancelled?: boolean;
}

/** What a job last told. */
export interface JobProgress {
  readonly fraction: number | null;
  readonly detail: Json;
}

/**
 * A queue on Redis, by BullMQ: jobs run in any processes on any machines that {@link RedisWorker} serves it in, which share the
 * folders of models, tables and checkpoints. Parts of jobs are in a second line, so that jobs that wait for their parts never
 * keep these from running.
 */
export class RedisQueue implements JobQueue {
  readonly #jobs: Queue<JobData, Json>;
  readonly #parts: Queue<JobData, Json>;
  readonly #attempts: number;
  #closed = false;

  constructor({ url, name = 'tfjs-flows', attempts = 3 }: RedisQueueOptions) {
    const connection = connectionTo(url);
    this.#jobs = new Queue(name, { connection });
    this.#parts = new Queue(partsOf(name), { connection });
    this.#attempts = attempts;
    // Connections come back by themselves; what could not be done meanwhile is told by the call that waits for it.
    for (const queue of [this.#jobs, this.#parts]) queue.on('error', () => {});
  }

  async submit(kind: string, input: Json, options: { readonly id?: string } = {}): Promise<string> {
    return this.#submit(this.#jobs, kind, input, jobId(options.id));
  }

  /** Puts a part of a job in line. */
  async submitPart(kind: string, input: Json, id: string): Promise<string> {
    return this.#submit(this.#parts, kind, input, jobId(id));
  }

  async status(id: string): Promise<JobStatus | null> {
    const job = await this.#find(id);
    if (!job) return null;
    const status = await statusOf(job);
    // The job ended between the two looks, at what it holds and at where it stands: what it came to is there by now.
    return hasEnded(status.state) && status.endedAt === null ? statusOf((await this.#find(id)) ?? job) : status;
  }

  async list({ kind, state }: JobFilter = {}): Promise<JobStatus[]> {
    const found = await Promise.all([this.#jobs, this.#parts].map((queue) => queue.getJobs()));
    const statuses = await Promise.all(found.flat().map(({ id }) => this.status(id!)));
    return statuses
      .filter((status) => status !== null)
      .filter((status) => (kind ?? status.kind) === status.kind && (state ?? status.state) === status.state)
      .sort((a, b) => a.submittedAt - b.submittedAt);
  }

  async cancel(id: string): Promise<boolean> {
    const job = await this.#find(id);
    if (!job || hasEnded((await statusOf(job)).state)) return false;
    await job.updateData({ ...job.data, cancelled: true });
    return true;
  }

  async remove(id: string): Promise<boolean> {
    const job = await this.#find(id);
    if (!job || !hasEnded((await statusOf(job)).state)) return false;
    for (const part of await this.#parts.getJobs()) if (part.id!.startsWith(`${id}.`)) await part.remove();
    await job.remove();
    return true;
  }

  /** Whether a job was cancelled, though it may run on for a moment. */
  async isCancelled(id: string): Promise<boolean> {
    return (await this.#find(id))?.data.cancelled ?? false;
  }

  async *watch(id: string, { signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<JobStatus> {
    let last = '';
    while (!signal?.aborted && !this.#closed) {
      const status = await this.status(id);
      if (!status) throw new FlowConfigError('JobQueue.watch', { expected: 'a job that is there', got: JSON.stringify(id) }); // prettier-ignore
      const text = JSON.stringify(status);
      if (text !== last) yield status;
      if (hasEnded(status.state)) return;
      last = text;
      await sleep(LOOK, undefined, { signal }).catch(() => {});
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#jobs.close(), this.#parts.close()]);
  }

  async #submit(queue: Queue<JobData, Json>, kind: string, input: Json, id: string): Promise<string> {
    await queue.add(kind, { input }, { jobId: id, attempts: this.#attempts, backoff: BACKOFF });
    return id;
  }

  async #find(id: string): Promise<Job<JobData, Json> | undefined> {
    return (await this.#jobs.getJob(id)) ?? (await this.#parts.getJob(id));
  }
}

/** The line of parts beside that of jobs. */
export function partsOf(name: string): string {
  return `${name}-parts`;
}

/** @throws FlowConfigError for what is no address of a Redis. */
export function connectionTo(url: string): ConnectionOptions {
  if (/^rediss?:\/\/./.test(url) && URL.canParse(url)) return { url, maxRetriesPerRequest: null };
  throw new FlowConfigError('RedisQueue', { expected: 'an address such as redis://localhost:6379', got: JSON.stringify(url) }); // prettier-ignore
}

async function statusOf(job: Job<JobData, Json>): Promise<JobStatus> {
  const at = await job.getState();
  const { fraction = null, detail = null } = (typeof job.progress === 'object' ? job.progress : {}) as Partial<JobProgress>; // prettier-ignore
  const state = stateOf(at, job.data.cancelled ?? false);
  return {
    id: job.id!,
    kind: job.name,
    state,
    progress: state === 'done' ? 1 : fraction,
    detail,
    result: job.returnvalue ?? null,
    error: state === 'failed' ? job.failedReason : null,
    attempts: job.attemptsStarted,
    submittedAt: job.timestamp,
    startedAt: job.processedOn ?? null,
    endedAt: job.finishedOn ?? null,
  };
}

function stateOf(state: string, cancelled: boolean): JobState {
  if (state === 'completed') return 'done';
  // A job that runs does so until its worker has let go of it.
  if (state === 'active') return 'running';
  if (cancelled) return 'cancelled';
  return state === 'failed' ? 'failed' : 'waiting';
}
