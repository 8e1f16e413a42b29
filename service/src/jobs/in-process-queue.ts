import { setMaxListeners } from 'node:events';
import { FlowConfigError, FlowError } from 'tfjs-flows';
import { fork, JobCancelled } from './fork.js';
import { jobId } from './job-id.js';
import { JobFiles, type JobFile } from './job-files.js';
import { hasEnded, type JobFilter, type JobHandlers, type JobQueue, type JobStatus, type Json } from './job.js';

/** Options of {@link InProcessQueue.open}. */
export interface InProcessQueueOptions {
  /** Where jobs are kept; of this queue alone. */
  readonly folder: string;
  readonly handlers: JobHandlers;
  /** Jobs that run at once. Default: 1. */
  readonly concurrency?: number;
  /** How many times a job is started at most: after a crash, or an error that is no `FlowError`. Default: 3. */
  readonly attempts?: number;
}

interface Entry {
  readonly file: JobFile;
  progress: number | null;
  detail: Json;
  readonly watchers: Set<() => void>;
  run: { readonly abort: AbortController; readonly ended: Promise<void> } | null;
}

/**
 * A queue inside this process. Each job is a file, replaced as a whole, so that after a crash at any moment jobs that had not
 * ended go on from their checkpoints. One process at a time may hold a folder.
 */
export class InProcessQueue implements JobQueue {
  readonly #files: JobFiles;
  readonly #handlers: JobHandlers;
  readonly #concurrency: number;
  readonly #attempts: number;
  readonly #entries = new Map<string, Entry>();
  readonly #line: Entry[] = [];
  #running = 0;
  #order = 0;
  #closed = false;
  #stopped = false;

  private constructor(options: InProcessQueueOptions) {
    this.#files = new JobFiles(options.folder);
    this.#handlers = options.handlers;
    this.#concurrency = count('concurrency', options.concurrency ?? 1);
    this.#attempts = count('attempts', options.attempts ?? 3);
  }

  /**
   * Opens the queue of a folder, made where it is not there, and goes on with its jobs.
   *
   * @throws FlowConfigError for counts that are no positive integers; FlowFileError for files that are no jobs.
   */
  static async open(options: InProcessQueueOptions): Promise<InProcessQueue> {
    const queue = new InProcessQueue(options);
    for (const file of await queue.#files.read()) await queue.#resume(file);
    queue.#advance();
    return queue;
  }

  async submit(kind: string, input: Json, options: { readonly id?: string } = {}): Promise<string> {
    this.#checkOpen('submit');
    this.#checkKind(kind);
    const id = jobId(options.id);
    if (this.#entries.has(id)) return id;
    const file: JobFile = {
      version: 1,
      order: this.#order++,
      id,
      kind,
      state: 'waiting',
      input,
      result: null,
      error: null,
      attempts: 0,
      submittedAt: Date.now(),
      startedAt: null,
      endedAt: null,
    };
    const entry = this.#add(file);
    try {
      await this.#files.write(file);
    } catch (error) {
      this.#entries.delete(id);
      throw error;
    }
    if (entry.file.state === 'waiting') this.#line.push(entry);
    this.#advance();
    return id;
  }

  async status(id: string): Promise<JobStatus | null> {
    const entry = this.#entries.get(id);
    return entry ? statusOf(entry) : null;
  }

  async list({ kind, state }: JobFilter = {}): Promise<JobStatus[]> {
    return [...this.#entries.values()]
      .filter(({ file }) => (kind ?? file.kind) === file.kind && (state ?? file.state) === file.state)
      .map(statusOf);
  }

  async cancel(id: string): Promise<boolean> {
    const entry = this.#entries.get(id);
    if (!entry || hasEnded(entry.file.state)) return false;
    const place = this.#line.indexOf(entry);
    if (place >= 0) this.#line.splice(place, 1);
    await this.#end(entry, { state: 'cancelled' });
    entry.run?.abort.abort(new JobCancelled());
    await entry.run?.ended;
    await this.#files.removeCheckpoint(id);
    return true;
  }

  async remove(id: string): Promise<boolean> {
    const entry = this.#entries.get(id);
    if (!entry || !hasEnded(entry.file.state)) return false;
    for (const other of this.#entries.keys()) {
      if (other !== id && !other.startsWith(`${id}.`)) continue;
      this.#entries.delete(other);
      await this.#files.remove(other);
    }
    return true;
  }

  async *watch(id: string, { signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<JobStatus> {
    const entry = this.#entries.get(id);
    if (!entry) throw new FlowConfigError('JobQueue.watch', { expected: 'a job that is there', got: JSON.stringify(id) }); // prettier-ignore
    let wake = () => {};
    let changed = true;
    const notice = () => {
      changed = true;
      wake();
    };
    entry.watchers.add(notice);
    signal?.addEventListener('abort', notice);
    try {
      while (!signal?.aborted) {
        if (!changed) {
          if (this.#stopped) return;
          await new Promise<void>((resolve) => (wake = resolve));
          continue;
        }
        changed = false;
        const status = statusOf(entry);
        yield status;
        if (hasEnded(status.state)) return;
      }
    } finally {
      entry.watchers.delete(notice);
      signal?.removeEventListener('abort', notice);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const runs = [...this.#entries.values()].flatMap(({ run }) => run ?? []);
    for (const { abort } of runs) abort.abort(new Error('The queue was closed.'));
    await Promise.all(runs.map(({ ended }) => ended));
    this.#stopped = true;
    for (const { watchers } of this.#entries.values()) for (const notice of watchers) notice();
  }

  async #resume(file: JobFile): Promise<void> {
    this.#order = Math.max(this.#order, file.order + 1);
    const entry = this.#add(file);
    if (hasEnded(file.state)) {
      await this.#files.removeCheckpoint(file.id);
    } else if (!(file.kind in this.#handlers)) {
      await this.#end(entry, { state: 'failed', error: `No handler of "${file.kind}" jobs is here any more.` });
    } else if (file.attempts >= this.#attempts) {
      const error = `The process ended ${file.attempts} times while the job ran; it is not tried again.`;
      await this.#end(entry, { state: 'failed', error });
      await this.#files.removeCheckpoint(file.id);
    } else {
      file.state = 'waiting';
      this.#line.push(entry);
    }
  }

  #add(file: JobFile): Entry {
    const entry: Entry = { file, progress: null, detail: null, watchers: new Set(), run: null };
    this.#entries.set(file.id, entry);
    return entry;
  }

  /** Starts as many jobs as may run. */
  #advance(): void {
    while (!this.#closed && this.#running < this.#concurrency && this.#line.length > 0) {
      const entry = this.#line.shift()!;
      this.#running++;
      const abort = new AbortController();
      setMaxListeners(0, abort.signal);
      const ended = this.#run(entry, abort.signal)
        .catch((error: unknown) => this.#lost(entry, error))
        .finally(() => {
          entry.run = null;
          this.#running--;
          this.#advance();
        });
      entry.run = { abort, ended };
    }
  }

  async #run(entry: Entry, signal: AbortSignal): Promise<void> {
    const { file } = entry;
    file.state = 'running';
    file.attempts++;
    file.startedAt ??= Date.now();
    await this.#files.write(file);
    notify(entry);
    let outcome: Partial<JobFile>;
    try {
      const checkpoint = await this.#files.checkpoint(file.id);
      signal.throwIfAborted();
      const progress = (fraction: number | null, detail: Json = null) => {
        entry.progress = fraction;
        entry.detail = detail;
        notify(entry);
      };
      const { id } = file;
      const parts = { queue: this, parent: id, signal, submit: (kind: string, input: Json, part: string) => this.submit(kind, input, { id: part }) }; // prettier-ignore
      const result = await this.#handlers[file.kind]({
        id,
        input: file.input as Json,
        signal,
        checkpoint,
        progress,
        fork: (...args) => this.#withoutPlace(() => fork(parts, ...args)),
      });
      outcome = { state: 'done', result };
    } catch (error) {
      outcome = this.#outcomeOf(error, file, signal);
    }
    // A job that was cancelled meanwhile stays so.
    if (hasEnded(file.state)) return;
    if (outcome.state === 'waiting') {
      file.state = 'waiting';
      if (signal.aborted) file.attempts--;
      else this.#line.push(entry);
      await this.#files.write(file);
      notify(entry);
      return;
    }
    if (outcome.state === 'done') entry.progress = 1;
    await this.#end(entry, outcome);
    await this.#files.removeCheckpoint(file.id);
  }

  /** A job that waits for its parts leaves its place to them. */
  async #withoutPlace<T>(wait: () => Promise<T>): Promise<T> {
    this.#running--;
    this.#advance();
    try {
      return await wait();
    } finally {
      this.#running++;
    }
  }

  #outcomeOf(error: unknown, { attempts }: JobFile, signal: AbortSignal): Partial<JobFile> {
    const final = error instanceof FlowError || attempts >= this.#attempts;
    if (signal.aborted || !final) return { state: 'waiting' };
    return { state: 'failed', error: messageOf(error) };
  }

  /** The file of a job could not be written: what is known of it is told, and kept no longer than the process. */
  #lost(entry: Entry, error: unknown): void {
    if (hasEnded(entry.file.state)) return;
    Object.assign(entry.file, { state: 'failed', error: messageOf(error), endedAt: Date.now() });
    notify(entry);
  }

  async #end(entry: Entry, outcome: Partial<JobFile>): Promise<void> {
    Object.assign(entry.file, outcome, { endedAt: Date.now() });
    await this.#files.write(entry.file);
    notify(entry);
  }

  #checkKind(kind: string): void {
    if (Object.hasOwn(this.#handlers, kind)) return;
    throw new FlowConfigError('JobQueue.submit', {
      expected: `a kind of job: ${Object.keys(this.#handlers).join(', ')}`,
      got: JSON.stringify(kind),
    });
  }

  #checkOpen(method: string): void {
    if (this.#closed) throw new FlowConfigError(`InProcessQueue.${method}`, { expected: 'an open queue', got: 'one that was closed' }); // prettier-ignore
  }
}

function statusOf({ file, progress, detail }: Entry): JobStatus {
  const { id, kind, state, result, error, attempts, submittedAt, startedAt, endedAt } = file;
  return {
    id,
    kind,
    state,
    progress,
    detail,
    result: result as Json,
    error,
    attempts,
    submittedAt,
    startedAt,
    endedAt,
  };
}

function notify({ watchers }: Entry): void {
  for (const notice of watchers) notice();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function count(name: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new FlowConfigError(`InProcessQueue.${name}`, { expected: 'a positive integer', got: String(value) });
}
