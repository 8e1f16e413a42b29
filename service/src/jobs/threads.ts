import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { FlowError } from 'tfjs-flows';
import type { Table } from '../tables/table.js';
import type { Json } from './job.js';
import type { Answer, TaskName } from './thread.js';

/** Threads that fit and score, so that this one stays free. */
export class Threads {
  readonly #pool: Piscina;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  /**
   * @param count threads at most
   * @param options `keep` them while there is nothing to do, with the models that they have read
   */
  constructor(count = 1, { keep = false }: { readonly keep?: boolean } = {}) {
    this.#pool = new Piscina({
      filename: new URL('./thread.js', import.meta.url).href,
      minThreads: keep ? count : 0,
      maxThreads: count,
      idleTimeout: 10_000,
    });
  }

  /**
   * Runs a task. The signal asks it to stop, which it does within moments: a thread is never ended in the middle of native code, which would take
   * the process with it.
   *
   * @throws FlowError where the task refuses its input; the reason of the signal.
   */
  async run(name: TaskName, input: object, signal: AbortSignal, onDetail: (detail: Json) => void = () => {}): Promise<Json | Float64Array | Table> {
    signal.throwIfAborted();
    this.#stop.signal.throwIfAborted();
    const { port1, port2: port } = new MessageChannel();
    const stop = () => port1.postMessage('stop');
    port1.on('message', onDetail);
    for (const each of [signal, this.#stop.signal]) each.addEventListener('abort', stop);
    const ended = this.#pool.run({ name, input, port }, { transferList: [port] }) as Promise<Answer>;
    this.#running.add(ended);
    try {
      const answer = await ended;
      if ('value' in answer) return answer.value;
      const { where, expected, got, hint } = answer.refusal;
      throw new FlowError(where, { expected, got, ...(hint && { hint }) });
    } catch (error) {
      signal.throwIfAborted();
      this.#stop.signal.throwIfAborted();
      throw error;
    } finally {
      this.#running.delete(ended);
      for (const each of [signal, this.#stop.signal]) each.removeEventListener('abort', stop);
      port1.close();
    }
  } // prettier-ignore

  /** Asks what runs to stop, and waits for it. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('The threads were closed.'));
    await Promise.allSettled(this.#running);
    await this.#pool.destroy();
  }
}
