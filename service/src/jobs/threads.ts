import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { FlowError } from 'tfjs-flows';
import type { Json } from './job.js';
import type { Table } from '../tables/table.js';
import type { Answer, TaskName } from './thread.js';

/** Threads that fit and score, so that this one stays free. */
export class Threads {
  readonly #pool: Piscina;

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
   * Runs a task; the signal ends its thread at once.
   *
   * @throws FlowError where the task refuses its input; the reason of the signal.
   */
  async run(name: TaskName, input: object, signal: AbortSignal, onDetail: (detail: Json) => void = () => {}): Promise<Json | Float64Array | Table> {
    const { port1, port2: port } = new MessageChannel();
    port1.on('message', onDetail);
    try {
      const answer = (await this.#pool.run({ name, input, port }, { transferList: [port], signal })) as Answer;
      if ('value' in answer) return answer.value;
      const { where, expected, got, hint } = answer.refusal;
      throw new FlowError(where, { expected, got, ...(hint && { hint }) });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      port1.close();
    }
  } // prettier-ignore

  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
