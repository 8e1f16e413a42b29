import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setMaxListeners } from 'node:events';
import { UnrecoverableError, WaitingError, Worker, type Job } from 'bullmq';
import { FlowError } from 'tfjs-flows';
import { fork, JobCancelled } from './fork.js';
import type { JobHandlers, Json } from './job.js';
import { connectionTo, partsOf, RedisQueue, type JobData, type RedisQueueOptions } from './redis-queue.js';

/** Milliseconds between looks whether a running job was cancelled. */
const LOOK = 500;
/** Times that a job may be left by workers that died. */
const STALLS = 5;

/** Options of {@link RedisWorker}. */
export interface RedisWorkerOptions extends RedisQueueOptions {
  readonly handlers: JobHandlers;
  /** Where checkpoints are; the same on all machines. */
  readonly folder: string;
  /** Jobs, and parts of jobs, that run here at once. Default: 1. */
  readonly concurrency?: number;
  /** Milliseconds after which the jobs of a worker that died go to another. Default: 30,000. */
  readonly stalledAfter?: number;
}

/**
 * Runs jobs of a {@link RedisQueue}. A job whose worker dies goes to another, with its checkpoint, so that it may run twice at
 * the same time where a worker only seemed dead: handlers put outputs in place in one step.
 */
export class RedisWorker {
  readonly #options: RedisWorkerOptions;
  readonly #queue: RedisQueue;
  readonly #workers: readonly Worker<JobData, Json>[];
  readonly #stop = new AbortController();
  readonly #forgetting = new Set<Promise<void>>();

  constructor(options: RedisWorkerOptions) {
    const { url, name = 'tfjs-flows', concurrency = 1, stalledAfter = 30_000 } = options;
    this.#options = options;
    this.#queue = new RedisQueue(options);
    setMaxListeners(0, this.#stop.signal);
    const connection = connectionTo(url);
    const settings = { connection, concurrency, lockDuration: stalledAfter, stalledInterval: stalledAfter, maxStalledCount: STALLS }; // prettier-ignore
    this.#workers = [name, partsOf(name)].map((line) => new Worker<JobData, Json>(line, (job, token) => this.#run(job, token), settings)); // prettier-ignore
    for (const worker of this.#workers) {
      worker.on('error', () => {});
      // Only now that Redis has the result: before, a run after a crash needs the checkpoint.
      worker.on('completed', (job) => this.#forget(job));
      worker.on('failed', (job) => {
        if (job?.finishedOn) this.#forget(job);
      });
    }
  }

  /** Ends what runs here, for other workers or the next start, and lets go of Redis. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('The worker was closed.'));
    await Promise.all(this.#workers.map((worker) => worker.close()));
    await Promise.all(this.#forgetting);
    await this.#queue.close();
  }

  #forget({ id }: Job): void {
    const gone = rm(this.#checkpointOf(id!), { recursive: true, force: true })
      .catch(() => {})
      .finally(() => this.#forgetting.delete(gone));
    this.#forgetting.add(gone);
  }

  #checkpointOf(id: string): string {
    return join(this.#options.folder, `${id}.checkpoint`);
  }

  async #run(job: Job<JobData, Json>, token?: string): Promise<Json> {
    const { handlers } = this.#options;
    const id = job.id!;
    const checkpoint = this.#checkpointOf(id);
    if (!Object.hasOwn(handlers, job.name)) throw new UnrecoverableError(`No handler of "${job.name}" jobs is here.`);
    const cancel = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, cancel.signal]);
    setMaxListeners(0, signal);
    const look = setInterval(() => {
      void this.#queue.isCancelled(id).then(
        (cancelled) => cancelled && cancel.abort(new JobCancelled()),
        () => {},
      );
    }, LOOK);
    try {
      if (job.data.cancelled) throw new JobCancelled();
      await mkdir(checkpoint, { recursive: true });
      const parts = {
        queue: this.#queue,
        parent: id,
        signal,
        submit: (kind: string, input: Json, part: string) => this.#queue.submitPart(kind, input, part),
      };
      return await handlers[job.name]({
        id,
        input: job.data.input,
        signal,
        checkpoint,
        progress: (fraction, detail = null) => {
          void job.updateProgress({ fraction, detail }).catch(() => {});
        },
        fork: (...args) => fork(parts, ...args),
      });
    } catch (error) {
      if (error instanceof FlowError || error instanceof JobCancelled) throw new UnrecoverableError(error.message);
      if (!this.#stop.signal.aborted) throw error;
      await job.moveToWait(token);
      throw new WaitingError();
    } finally {
      clearInterval(look);
    }
  }
}
