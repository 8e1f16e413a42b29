import type { Table } from '../tables/table.js';
import type { ShardScorer } from './shard-scorer.js';
import type { Threads } from './threads.js';

/** What a thread is told of a piece. */
export interface ChunkTask {
  readonly model: string;
  readonly chunk: Table;
  readonly firstRow: number;
}

/** Scores by a saved model in threads of the pool, several pieces at once. */
export class ThreadScorer implements ShardScorer {
  readonly #threads: Threads;
  readonly #model: string;

  /** @param model folder of the model */
  constructor(threads: Threads, model: string) {
    this.#threads = threads;
    this.#model = model;
  }

  async score(chunk: Table, firstRow: number, signal: AbortSignal = new AbortController().signal): Promise<Float64Array> {
    const task: ChunkTask = { model: this.#model, chunk, firstRow };
    return (await this.#threads.run('chunk', task, signal)) as Float64Array;
  }
} // prettier-ignore
