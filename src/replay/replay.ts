import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { penaltyCollector } from '../path-penalties.js';
import { sizeOf, type Shape } from '../shapes.js';
import { trainingStream } from '../training-mode.js';
import { lanesOf, positionsOf, type Lane } from './lanes.js';
import type { Mirror, SharedMirror } from './mirror.js';
import { Pace } from './pace.js';
import { agrees, LaneTasks, programFor, type LaneProgram } from './lane-tasks.js';
import type { Job } from './threads.js';
import { isTracing } from './trace.js';
import { openWorkshop, type Workshop } from './workshop.js';

/** Batch sizes that are kept ready; the one unused for longest makes room. */
const MAX_KEPT = 8;
/** Calls with one batch size before it is worth a program. */
const CALLS_BEFORE = 2;

/**
 * A function of batches that is written down as a program once and then repeated without the engine of TF.js in between.
 *
 * Every result must depend on one row of the inputs each, and on the variables.
 */
export class Replay {
  readonly #compute: (inputs: Tensor[]) => Tensor[];
  readonly #weights: SharedMirror;
  readonly #eventShape: (inputs: Tensor[]) => Shape;
  readonly #kept = new Map<string, Prepared | number | null>();

  /**
   * @param compute inputs `[rows, ...]` → outputs `[rows, ...]`
   * @param weights all variables that it may read
   * @param eventShape of what a row stands for, by which batches are cut into lanes; default: that of the first input
   */
  constructor(
    compute: (inputs: Tensor[]) => Tensor[],
    weights: SharedMirror,
    eventShape: (inputs: Tensor[]) => Shape = ([{ shape }]) => shape.slice(1),
  ) {
    this.#compute = compute;
    this.#weights = weights;
    this.#eventShape = eventShape;
  }

  /** The results, which belong to the caller; eagerly where there is no program for these inputs. */
  run(inputs: Tensor[]): Tensor[] {
    return this.#prepared(inputs)?.run(inputs) ?? this.#compute(inputs);
  }

  /** Frees all memory but the copies of the variables; the next call starts afresh. */
  dispose(): void {
    for (const prepared of this.#kept.values()) if (prepared instanceof Prepared) prepared.free();
    this.#kept.clear();
  }

  #prepared(inputs: Tensor[]): Prepared | null {
    if (!canReplay() || inputs.some(({ dtype }) => dtype !== 'float32')) return null;
    const key = inputs.map(({ shape }) => shape.join('x')).join(' ');
    const known = this.#kept.get(key) ?? 0;
    this.#kept.delete(key);
    const now = typeof known !== 'number' ? known : known + 1 < CALLS_BEFORE ? known + 1 : this.#prepare(inputs);
    this.#kept.set(key, now);
    if (this.#kept.size > MAX_KEPT) {
      const [oldest, prepared] = this.#kept.entries().next().value!;
      if (prepared instanceof Prepared) prepared.free();
      this.#kept.delete(oldest);
    }
    return now instanceof Prepared ? now : null;
  }

  #prepare(inputs: Tensor[]): Prepared | null {
    const workshop = openWorkshop();
    if (!workshop) return null;
    const mirror = this.#weights.in(workshop.heap);
    const lanes = lanesOf(inputs[0].shape[0], mirror.size, positionsOf(this.#eventShape(inputs)));
    const programs = new Map<number, LaneProgram>();
    for (const { rows } of lanes) {
      if (programs.has(rows)) continue;
      const program = programFor(this.#compute, inputs, rows, mirror.addresses);
      if (program?.outputShapes.some(([length]) => length !== rows) !== false) return null;
      programs.set(rows, program);
    }
    const prepared = new Prepared(workshop, mirror, lanes, programs, inputs);
    if (prepared.gives(inputs, this.#compute(inputs))) return prepared;
    prepared.free();
    return null;
  }
}

/** Whether replaying is possible at this moment: on wasm, and with nobody watching what goes by. */
export function canReplay(): boolean {
  const { gradientDepth } = tf.engine().state;
  const watched = gradientDepth > 0 || isTracing() || trainingStream() !== null || penaltyCollector() !== null;
  return tf.getBackend() === 'wasm' && !watched;
}

/** Programs of all lanes for one set of shapes, with their memory. */
class Prepared {
  readonly #workshop: Workshop;
  readonly #mirror: Mirror;
  readonly #inputs: readonly { readonly address: number; readonly size: number; readonly width: number }[];
  readonly #outputs: readonly { readonly address: number; readonly shape: Shape }[];
  readonly #tasks: LaneTasks;
  readonly #job: Job;
  readonly #pace = new Pace();

  constructor(
    workshop: Workshop,
    mirror: Mirror,
    lanes: readonly Lane[],
    programs: ReadonlyMap<number, LaneProgram>,
    inputs: readonly Tensor[],
  ) {
    const { heap, threads } = workshop;
    const [rows] = inputs[0].shape;
    const [{ outputShapes }] = programs.values();
    this.#workshop = workshop;
    this.#mirror = mirror;
    this.#inputs = inputs.map(({ size }) => ({ address: heap.allocate(4 * size), size, width: size / rows }));
    this.#outputs = outputShapes.map(([, ...event]) => {
      const shape = [rows, ...event];
      return { address: heap.allocate(4 * sizeOf(shape)), shape };
    });
    this.#tasks = new LaneTasks(heap, lanes, programs, this.#inputs, ({ start }) =>
      this.#outputs.map(({ address, shape }) => address + 4 * start * sizeOf(shape.slice(1))),
    );
    this.#job = threads.prepare([this.#tasks.tasks]);
  }

  run(inputs: readonly Tensor[]): Tensor[] {
    const { heap, threads } = this.#workshop;
    this.#mirror.pull();
    inputs.forEach(({ dataId }, i) => {
      const { address, size } = this.#inputs[i];
      heap.floats(address, size).set(tf.engine().readSync(dataId) as Float32Array);
    });
    this.#pace.run(threads, this.#job);
    return this.#outputs.map(({ address, shape }) =>
      tf.tensor(heap.floats(address, sizeOf(shape)), [...shape], 'float32'),
    );
  }

  /** Whether the results are as expected, up to rounding: those of all rows together, which lanes know nothing of. */
  gives(inputs: readonly Tensor[], expected: readonly Tensor[]): boolean {
    const results = this.run(inputs);
    const right = results.every((result, i) => agrees(result.dataSync(), expected[i].dataSync()));
    tf.dispose([...results, ...expected]);
    return right;
  }

  free(): void {
    const { heap, threads } = this.#workshop;
    threads.release(this.#job);
    this.#tasks.free();
    for (const { address } of [...this.#inputs, ...this.#outputs]) heap.free(address);
  }
}
