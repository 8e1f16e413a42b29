import { fitHandler } from './fit-job.js';
import type { JobHandlers } from './job.js';
import { sampleHandler, samplePartHandler } from './sample-job.js';
import { scoreHandler, scorePartHandler } from './score-job.js';
import { sweepHandler } from './sweep-job.js';
import type { Threads } from './threads.js';

/** All jobs that there are of tables; those that compute do so in these threads. */
export function tableHandlers(threads: Threads): JobHandlers {
  return {
    fit: fitHandler(threads),
    score: scoreHandler,
    'score-part': scorePartHandler(threads),
    sample: sampleHandler,
    'sample-part': samplePartHandler(threads),
    sweep: sweepHandler,
  };
}
