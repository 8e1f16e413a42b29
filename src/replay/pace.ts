import type { Job, Threads } from './threads.js';

/** Runs before times mean anything: the engine first runs new code as it is, and improves it on the way. */
const WARM_UP = 30;
/** Runs that are compared, every other one by a single thread. */
const TRIALS = 10;
/** Runs after which the comparison is made again: the machine may have become busy, or free. */
const PERIOD = 1000;
/** Helping threads are kept unless a single one is faster by this factor. */
const MARGIN = 0.95;

/**
 * Decides for one job whether helping threads pay off, by trying both ways. The decision changes nothing but the time: a
 * job gives the same numbers either way.
 */
export class Pace {
  #runs = -WARM_UP;
  #alone = false;
  #fastest = { alone: Infinity, together: Infinity };

  run(threads: Threads, job: Job): void {
    if (!job.parallel || threads.count === 1 || !threads.ready) return threads.run(job, true);
    const run = this.#runs++;
    const trial = run < 0 ? run : run % PERIOD;
    if (trial < 0 || trial >= TRIALS) return threads.run(job, this.#alone);
    const alone = trial % 2 === 1;
    const start = performance.now();
    threads.run(job, alone);
    const kind = alone ? 'alone' : 'together';
    this.#fastest[kind] = Math.min(this.#fastest[kind], performance.now() - start);
    if (trial < TRIALS - 1) return;
    this.#alone = this.#fastest.alone < MARGIN * this.#fastest.together;
    this.#fastest = { alone: Infinity, together: Infinity };
  }
}
