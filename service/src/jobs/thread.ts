import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { FlowError } from 'tfjs-flows';
import { fitTask } from './fit-task.js';
import type { FitTask } from './fit-job.js';
import type { Json } from './job.js';
import type { ScorePart } from './score-job.js';
import { drawTask, samplePartTask, type DrawTask } from './sample-task.js';
import type { SamplePart } from './sample-job.js';
import { chunkTask, oddnessTask, scorePartTask, type OddnessTask } from './score-task.js';
import type { Table } from '../tables/table.js';
import type { ChunkTask } from './thread-scorer.js';

/** What each thread can do. */
const TASKS = {
  fit: (input: unknown, signal: AbortSignal, tell: (detail: Json) => void) => fitTask(input as FitTask, signal, tell),
  chunk: (input: unknown) => chunkTask(input as ChunkTask),
  oddness: (input: unknown) => oddnessTask(input as OddnessTask),
  draw: (input: unknown) => drawTask(input as DrawTask),
  'score-part': (input: unknown, signal: AbortSignal) => scorePartTask(input as ScorePart, signal),
  'sample-part': (input: unknown) => samplePartTask(input as SamplePart),
};

/** A task by its name. */
export type TaskName = keyof typeof TASKS;

/** An answer: errors that this project throws keep their fields on the way between threads. */
export type Answer =
  | { readonly value: Json | Float64Array | Table }
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
  const stop = new AbortController();
  if (receiveMessageOnPort(port)) stop.abort();
  port.on('message', () => stop.abort());
  try {
    stop.signal.throwIfAborted();
    return { value: await TASKS[name](input, stop.signal, (detail) => port.postMessage(detail)) };
  } catch (error) {
    if (!(error instanceof FlowError)) throw error;
    const { where, expected, got, message } = error;
    const hint = message.slice(`${where}: expected ${expected}, got ${got}. `.length);
    return { refusal: { where, expected, got, hint } };
  } finally {
    port.close();
  }
} // prettier-ignore
