import { once } from 'node:events';
import type { Limits } from '../../http/limits.js';
import { startServer } from '../../http/server.js';
import { RedisQueue } from '../../jobs/redis-queue.js';
import { print } from '../arguments.js';

/** Flags of `serve`. */
export interface ServeFlags {
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly inputs?: string;
  readonly threads: number;
  readonly scoringThreads: number;
  readonly open?: boolean;
  readonly redis?: string;
  readonly queue: string;
  readonly keepJobs: number;
  readonly quiet?: boolean;
  readonly limit: Partial<Limits>;
}

/** Serves until it is interrupted or terminated. */
export async function serve(flags: ServeFlags, signal: AbortSignal): Promise<void> {
  const { redis, queue: name, threads, quiet, limit: limits, ...options } = flags;
  const server = await startServer({
    ...options,
    jobThreads: threads,
    limits,
    ...(redis !== undefined && { queue: new RedisQueue({ url: redis, name }) }),
    ...(!quiet && { log: process.stderr }),
  });
  print(`tfjs-flows serves ${server.url}; requests are described at ${server.url}/docs.`);
  const ended = AbortSignal.any([signal, terminated()]);
  if (!ended.aborted) await once(ended, 'abort');
  await server.close();
}

/** How process managers ask for an end. */
function terminated(): AbortSignal {
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort());
  return stop.signal;
}
