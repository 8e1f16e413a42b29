import type { Job, Threads } from './threads.js';

/** Runs of each kind that are compared. */
const TRIALS = 5;
/** Runs after which the comparison is made again: the machine may have become busy, or free. */
const PERIOD = 2000;

/**
 * Decides for one job whether helping threads pay off, by trying both ways. The decision changes nothing but the time: a
 * job gives the same numbers either way.
 */
export class Pace {
  #runs = 0;
  #alone = false;
  #times: { alone: number[]; together: number[] } = { alone: [], together: [] };

  run(threads: Threads, job: Job): void {
    if (!job.parallel || threads.count === 1) return threads.run(job, true);
    const trial = this.#runs++ % PERIOD;
    if (trial >= 2 * TRIALS) return threads.run(job, this.#alone);
    const alone = trial % 2 === 1;
    const start = performance.now();
    threads.run(job, alone);
    this.#times[alone ? 'alone' : 'together'].push(performance.now() - start);
    if (trial === 2 * TRIALS - 1) {
      this.#alone = Math.min(...this.#times.alone) < Math.min(...this.#times.together);
      this.#times = { alone: [], together: [] };
    }
  }
}
