import { once } from 'node:events';
import { tableHandlers } from '../../jobs/handlers.js';
import { RedisWorker } from '../../jobs/redis-worker.js';
import { Threads } from '../../jobs/threads.js';

/** Options of `tfjs-flows work`. */
export interface WorkFlags {
  readonly redis: string;
  readonly queue: string;
  readonly folder: string;
  readonly threads: number;
}

/** Runs jobs of a queue on Redis until it is interrupted. */
export async function work({ redis: url, queue: name, folder, threads: count }: WorkFlags, signal: AbortSignal): Promise<void> {
  const threads = new Threads(count);
  const worker = new RedisWorker({ url, name, folder, concurrency: count, handlers: tableHandlers(threads) });
  try {
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await worker.close();
    await threads.close();
  }
} // prettier-ignore
