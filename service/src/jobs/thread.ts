import type { MessagePort } from 'node:worker_threads';
import { FlowError } from 'tfjs-flows';
import { fitTask } from './fit-task.js';
import type { FitTask } from './fit-job.js';
import type { Json } from './job.js';
import type { ScorePart } from './score-job.js';
import { chunkTask, scorePartTask } from './score-task.js';
import type { ChunkTask } from './thread-scorer.js';

/** What each thread can do. */
const TASKS = {
  fit: (input: unknown, tell: (detail: Json) => void) => fitTask(input as FitTask, tell),
  chunk: (input: unknown) => chunkTask(input as ChunkTask),
  'score-part': (input: unknown) => scorePartTask(input as ScorePart),
};

/** A task by its name. */
export type TaskName = keyof typeof TASKS;

/** An answer: errors that this project throws keep their fields on the way between threads. */
export type Answer =
  | { readonly value: Json | Float64Array }
  | {
      readonly refusal: {
        readonly where: string;
        readonly expected: string;
        readonly got: string;
        readonly hint: string;
      };
    };

/** Runs in a thread of the pool. */
export default async function thread({ name, input, port }: { name: TaskName; input: unknown; port: MessagePort }): Promise<Answer> {
  try {
    return { value: await TASKS[name](input, (detail) => port.postMessage(detail)) };
  } catch (error) {
    if (!(error instanceof FlowError)) throw error;
    const { where, expected, got, message } = error;
    const hint = message.slice(`${where}: expected ${expected}, got ${got}. `.length);
    return { refusal: { where, expected, got, hint } };
  } finally {
    port.close();
  }
} // prettier-ignore
