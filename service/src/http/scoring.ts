import type { Table } from '../tables/table.js';
import { ThreadScorer } from '../jobs/thread-scorer.js';
import type { DrawTask } from '../jobs/sample-task.js';
import { Threads } from '../jobs/threads.js';
import type { ModelVersion } from '../registry/model-registry.js';
import type { Limits } from './limits.js';
import type { Metrics } from './metrics.js';
import { MicroBatches } from './micro-batches.js';

/** Rows that are scored together at most. */
const BATCH = 8192;
/** Models whose lines are kept. */
const LINES = 256;

/** Scores and draws by models of the registry, in threads of their own, that fits do not share. */
export class Scoring {
  readonly #threads: Threads;
  readonly #limits: Limits;
  readonly #metrics: Metrics;
  readonly #lines = new Map<string, MicroBatches>();
  readonly #stop = new AbortController();
  #waitingRows = 0;

  constructor(threads: number, limits: Limits, metrics: Metrics) {
    this.#threads = new Threads(threads, { keep: true });
    this.#limits = limits;
    this.#metrics = metrics;
  }

  /** Rows that wait for their score. */
  get waitingRows(): number {
    return this.#waitingRows;
  }

  /** `ln p` of each row, nats. */
  async logProb({ folder }: ModelVersion, table: Table): Promise<Float64Array> {
    let line = this.#lines.get(folder);
    if (!line) {
      const scorer = new ThreadScorer(this.#threads, folder);
      line = new MicroBatches((rows) => scorer.score(rows, 0, this.#stop.signal), {
        batchRows: BATCH,
        room: (rows) => this.#waitingRows + rows <= this.#limits.waitingRows,
        onChange: (rows, requests) => {
          this.#waitingRows += rows;
          if (requests > 0) this.#metrics.scored(-rows, requests);
        },
      });
      this.#lines.set(folder, line);
      if (this.#lines.size > LINES) this.#lines.delete(this.#lines.keys().next().value!);
    }
    return line.score(table);
  }

  /** How odd rows with these scores are, from 0 to 1. */
  async anomaly({ folder }: ModelVersion, scores: Float64Array): Promise<Float64Array> {
    return (await this.#threads.run('oddness', { model: folder, scores }, this.#stop.signal)) as Float64Array;
  }

  async sample({ folder }: ModelVersion, count: number, seed: DrawTask['seed'], given: Table | null): Promise<Table> {
    const task: DrawTask = { model: folder, count, seed, given };
    return (await this.#threads.run('draw', task, this.#stop.signal)) as Table;
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error('The service stops.'));
    await this.#threads.close();
  }
}
