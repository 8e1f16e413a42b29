import type { SimdCall } from '../kernels/fused/wasm.js';
import { simdModule } from '../kernels/wasm/module.js';
import type { Heap } from './heap.js';
import { CONTROL, makeThread, type Post, type Thread } from './thread.js';

/** Tasks of one job, at most. */
const MAX_TASKS = CONTROL.length - CONTROL.claims;

/** Tasks that do not depend on each other. */
export type Phase = readonly (readonly SimdCall[])[];

/** A job written down in memory, to be run any number of times. */
export interface Job {
  readonly address: number;
  readonly tasks: number;
  readonly parallel: boolean;
}

/** The main thread and its helpers, all at work in one heap. */
export class Threads {
  readonly #heap: Heap;
  readonly #names: readonly string[];
  readonly #main: Thread;
  #view: Int32Array;
  #helpers = 0;
  #jobs = 0;
  #versions = 0;

  /** @param count threads in all, the calling one included */
  constructor(heap: Heap, count: number) {
    this.#heap = heap;
    this.#names = functionNames(heap.functions);
    this.#main = makeThread(heap.memory, heap.functions, CONTROL);
    this.#view = new Int32Array(heap.memory.buffer, CONTROL.address, CONTROL.length);
    this.resize(count);
  }

  /** The control block. Memory that is not shared leaves views of it behind when it grows. */
  get #control(): Int32Array {
    const { buffer } = this.#heap.memory;
    if (this.#view.buffer !== buffer) this.#view = new Int32Array(buffer, CONTROL.address, CONTROL.length);
    return this.#view;
  }

  /** Threads in all. */
  get count(): number {
    return this.#helpers + 1;
  }

  /** Goes on with another number of threads; jobs stay as they are. */
  resize(count: number): void {
    const helpers = this.#heap.shared ? count - 1 : 0;
    if (helpers === this.#helpers) return;
    const crew = Atomics.add(this.#control, CONTROL.crew, 1) + 1;
    // Whoever sleeps wakes up, sees that it is not wanted any more, and ends.
    Atomics.store(this.#control, CONTROL.called, ++this.#jobs);
    Atomics.notify(this.#control, CONTROL.called);
    Atomics.store(this.#control, CONTROL.ready, 0);
    this.#helpers = helpers;
    for (let index = 1; index < count; index++) startHelper(this.#heap.memory, crew, { index, count });
  }

  /** Whether all of them have started. */
  get ready(): boolean {
    return Atomics.load(this.#control, CONTROL.ready) >= this.#helpers;
  }

  /** Writes a job down. Free it with {@link release}. */
  prepare(phases: readonly Phase[]): Job {
    const tasks = phases.flat();
    if (tasks.length > MAX_TASKS) throw new RangeError(`A job has at most ${MAX_TASKS} tasks; got ${tasks.length}.`);
    const after = phases.flatMap((phase, i) => phase.map(() => phases.slice(0, i).flat().length));
    const header = 2 + 2 * tasks.length;
    const words = [++this.#versions, tasks.length];
    const body: number[] = [];
    tasks.forEach((calls, i) => {
      words.push(after[i], header + body.length);
      body.push(calls.length);
      for (const [name, ...args] of calls) body.push(this.#names.indexOf(name), args.length, ...args);
    });
    const address = this.#heap.allocate(8 * (words.length + body.length));
    this.#heap.doubles(address, words.length + body.length).set([...words, ...body]);
    return { address, tasks: tasks.length, parallel: phases.some((phase) => phase.length > 1) };
  }

  release({ address }: Job): void {
    this.#heap.free(address);
  }

  /** Runs a job to its end, with all threads or the calling one alone; the results are the same. */
  run({ address, tasks, parallel }: Job, alone = false): void {
    const control = this.#control;
    const job = ++this.#jobs;
    // A helper that is late must not take what is half written for the new job.
    Atomics.store(control, CONTROL.running, 0);
    control[CONTROL.failed] = 0;
    Atomics.store(control, CONTROL.done, 0);
    Atomics.store(control, CONTROL.program, address);
    Atomics.store(control, CONTROL.running, job);
    const together = parallel && !alone && this.#helpers > 0;
    if (together) {
      Atomics.store(control, CONTROL.called, job);
      Atomics.notify(control, CONTROL.called);
    }
    this.#main.work(job, { index: 0, count: together ? this.count : 1 });
    while (Atomics.load(control, CONTROL.done) < tasks);
    if (control[CONTROL.failed]) throw new Error('A kernel failed in a planned program.');
  }
}

/** As in {@link makeThread}, where they are numbered the same way. */
function functionNames(functions: Heap['functions']): string[] {
  return Object.keys(functions)
    .filter((name) => typeof functions[name] === 'function')
    .sort();
}

/** Processors that this machine offers. */
export function processors(): number {
  return globalThis.navigator?.hardwareConcurrency ?? nodeModule('os')?.availableParallelism() ?? 1;
}

/** What a helper runs: the module in the memory it is given, and {@link makeThread}. */
const WORKER_SOURCE = `
const start = ({ memory, module, layout, crew, post }) => {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  (${makeThread.toString()})(memory, exports, layout).serve(crew, post);
};`;

function startHelper(memory: WebAssembly.Memory, crew: number, post: Post): void {
  const data = { memory, module: simdModule(true), layout: CONTROL, crew, post };
  const node = nodeModule('worker_threads');
  if (node) {
    const source = `${WORKER_SOURCE}\nstart(require('node:worker_threads').workerData);`;
    // It keeps the process from ending no more than a sleeping thread should.
    new node.Worker(source, { eval: true, workerData: data }).unref();
    return;
  }
  const source = `${WORKER_SOURCE}\nonmessage = ({ data }) => (start(data), close());`;
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new Worker(url);
  URL.revokeObjectURL(url);
  worker.postMessage(data);
}

/** What is used of Node's modules. */
interface NodeModules {
  os: { availableParallelism(): number };
  worker_threads: { Worker: new (source: string, options: object) => { unref(): void } };
}

/** One of Node's modules; undefined elsewhere. */
function nodeModule<Name extends keyof NodeModules>(name: Name): NodeModules[Name] | undefined {
  if (typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function') return undefined;
  return process.getBuiltinModule(name) as unknown as NodeModules[Name] | undefined;
}
