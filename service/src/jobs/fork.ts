import { setMaxListeners } from 'node:events';
import { FlowError } from 'tfjs-flows';
import type { JobQueue, Json } from './job.js';

/** How a queue starts a part of a job, and what all parts are. */
export interface Fork {
  readonly queue: Pick<JobQueue, 'watch' | 'cancel'>;
  /** Puts a part in line; one with this id that is there stays. */
  readonly submit: (kind: string, input: Json, id: string) => Promise<string>;
  readonly parent: string;
  readonly signal: AbortSignal;
}

/** Puts the parts of a job in line and waits for them. See `JobRun.fork`. */
export async function fork({ queue, submit, parent, signal }: Fork, kind: string, inputs: readonly Json[], onDone: (count: number) => void = () => {}): Promise<Json[]> {
  const ids: string[] = [];
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  setMaxListeners(0, stop);
  let done = 0;
  try {
    for (const [index, input] of inputs.entries()) {
      signal.throwIfAborted();
      ids.push(await submit(kind, input, `${parent}.${kind}-${index}`));
    }
    return await Promise.all(
      ids.map(async (id) => {
        for await (const { state, result, error } of queue.watch(id, { signal: stop })) {
          if (state === 'done') {
            onDone(++done);
            return result;
          }
          if (state === 'failed' || state === 'cancelled') {
            throw new FlowError(`job ${id}`, { expected: 'a result', got: error ?? `a job that was ${state}` });
          }
        }
        throw stop.reason ?? new Error('The queue was closed.');
      }),
    );
  } catch (error) {
    failed.abort(error);
    // When the queue only stops work, the parts go on later, as their parent does.
    if (!signal.aborted || isCancelled(signal)) await Promise.all(ids.map((id) => queue.cancel(id)));
    throw error;
  }
} // prettier-ignore

/** The reason by which a run is ended for good. */
export class JobCancelled extends Error {
  constructor() {
    super('The job was cancelled.');
  }
}

function isCancelled({ reason }: AbortSignal): boolean {
  return reason instanceof JobCancelled;
}
