import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { SimdCall } from '../../kernels/fused/wasm.js';
import { agrees } from '../../replay/lane-tasks.js';
import { lanesOf, type Lane } from '../../replay/lanes.js';
import type { Mirror } from '../../replay/mirror.js';
import { Pace } from '../../replay/pace.js';
import type { Job } from '../../replay/threads.js';
import type { Workshop } from '../../replay/workshop.js';
import { pullBack, type PulledBack } from '../pull-back.js';
import type { Reverse } from '../reverse.js';
import type { System } from '../system.js';
import type { Tableau } from '../tableau.js';
import { TensorReverse } from '../tensor-reverse.js';
import { timeTensor } from '../times.js';
import { laneFunctions, type LaneFunction } from './lane-function.js';
import { Memory, numbersOf } from './memory.js';
import { PlannedRecord } from './planned-record.js';

/** What a planned way back is made for. */
export interface ReversePlan {
  readonly method: Tableau;
  readonly system: System;
  /** Whether each row has a time of its own. */
  readonly timePerRow: boolean;
}

/** The way back through the steps of a planned stepper: one job a step, which threads share by lanes of rows. */
export class PlannedReverse implements Reverse {
  evaluations = 0;
  readonly #plan: ReversePlan;
  readonly #rows: number;
  readonly #workshop: Workshop;
  readonly #mirror: Mirror;
  readonly #memory: Memory;
  readonly #functions: ReadonlyMap<number, LaneFunction>;
  readonly #clock: { readonly t: number; readonly h: number; readonly h32: number; readonly count: number };
  /** The state before the step, then its slopes. */
  readonly #start: number;
  readonly #slopes: number;
  /** Gradients of the state after the step, then of where each stage stood. */
  readonly #gradients: number;
  readonly #dq: number;
  readonly #inputs: readonly InputPlaces[];
  /** Of each lane: gradients of the variables, laid end to end, and those of one stage. */
  readonly #variables: readonly { readonly sum: number; readonly stage: number }[];
  readonly #stages: readonly number[];
  readonly #job: Job;
  readonly #pace = new Pace();

  /** @returns null when the vector-Jacobian product cannot be written down */
  static build(
    this: void,
    plan: ReversePlan,
    y: Tensor,
    inputs: readonly Tensor[],
    mirror: Mirror,
    workshop: Workshop,
  ) {
    const { system, timePerRow } = plan;
    const lanes = lanesOf(y.shape[0], mirror.size);
    const functions = laneFunctions(
      (given) => flat(pullBackOf(system, inputs.length, given)),
      lanes,
      (rows) => [
        timeTensor(new Float64Array(timePerRow ? rows : 1)),
        ...[y, ...inputs].map((x) => tf.slice(x, 0, rows)),
        ...[system.width, system.quadratures].filter((width) => width > 0).map((width) => tf.ones([rows, width])),
      ],
      mirror,
      workshop.heap,
    );
    if (!functions) return null;
    const reverse = new PlannedReverse(plan, y, inputs, lanes, functions, mirror, workshop);
    if (reverse.#agrees(y, inputs)) return reverse;
    reverse.free();
    return null;
  }

  private constructor(
    plan: ReversePlan,
    y: Tensor,
    inputs: readonly Tensor[],
    lanes: readonly Lane[],
    functions: ReadonlyMap<number, LaneFunction>,
    mirror: Mirror,
    workshop: Workshop,
  ) {
    const memory = new Memory(workshop.heap);
    const { method, system, timePerRow } = plan;
    const rows = y.shape[0];
    const size = rows * system.width;
    const stages = method.b.length;
    this.#plan = plan;
    this.#rows = rows;
    this.#workshop = workshop;
    this.#mirror = mirror;
    this.#memory = memory;
    this.#functions = functions;
    const count = timePerRow ? rows : 1;
    this.#clock = { t: memory.doubles(count), h: memory.doubles(count), h32: memory.floats(count), count };
    this.#start = memory.floats(size);
    this.#slopes = memory.floats(stages * size);
    this.#gradients = memory.floats((1 + stages) * size);
    this.#dq = memory.floats(rows * system.quadratures);
    this.#inputs = inputs.map((input) => ({
      size: input.size,
      shape: input.shape,
      value: memory.floats(input.size),
      sum: memory.floats(input.size),
      stage: memory.floats(input.size),
    }));
    const parameters = Math.max(16, Math.ceil(mirror.size / 16) * 16);
    this.#variables = lanes.map(() => ({ sum: memory.floats(parameters), stage: memory.floats(parameters) }));
    this.#stages = stagesOf(method);
    const weights = {
      a: method.a.map((row) => memory.write(row)),
      // Of the gradient after the step, and of those of later stages.
      back: method.b.map((b, s) => memory.write([b, ...method.a.map((row, i) => (i > s ? row[s] : 0))])),
      b: method.b.map((b) => memory.write([b])),
    };
    const scratch = {
      point: memory.floats(size),
      dy: memory.floats(size),
      dq: memory.floats(rows * system.quadratures),
    };
    const tasks = lanes.map((lane, index): SimdCall[] => {
      const made = functions.get(lane.rows)!;
      const work = memory.floats(made.workBytes / 4);
      const time = memory.floats(timePerRow ? lane.rows : 1);
      const clock = timePerRow ? lane.start : 0;
      const [offset, offsetQ] = [system.width, system.quadratures].map((width) => 4 * lane.start * width);
      const h = this.#clock.h32 + 4 * clock;
      const step = timePerRow ? 1 : 0;
      const sum = (base: number, x: number, vectors: number, by: number, out: number): SimdCall =>
        ['weightedSum', base, x, 4 * size, vectors, by, h, step, out, lane.rows, system.width]; // prettier-ignore
      const places = this.#inputs.map((input) => {
        const start = 4 * lane.start * (input.size / rows);
        return { value: input.value + start, sum: input.sum + start, stage: input.stage + start, count: (lane.rows * input.size) / rows }; // prettier-ignore
      });
      const own = this.#variables[index];
      const gradients = this.#gradients + offset;
      const calls: SimdCall[] = [];
      for (const s of this.#stages) {
        calls.push(
          ['stageTimes', this.#clock.t + 8 * clock, this.#clock.h + 8 * clock, method.c[s], time, timePerRow ? lane.rows : 1], // prettier-ignore
          sum(this.#start + offset, this.#slopes + offset, s, weights.a[s], scratch.point + offset),
          sum(0, gradients, 1 + stages, weights.back[s], scratch.dy + offset),
        );
        if (system.quadratures > 0) {
          calls.push(['weightedSum', 0, this.#dq + offsetQ, 0, 1, weights.b[s], h, step, scratch.dq + offsetQ, lane.rows, system.quadratures]); // prettier-ignore
        }
        const given = [time, scratch.point + offset, ...places.map(({ value }) => value), scratch.dy + offset];
        const results = [
          gradients + (1 + s) * 4 * size,
          ...places.map(({ stage }) => stage),
          ...mirror.offsets.map((at) => own.stage + 4 * at),
        ];
        calls.push(...made.calls(system.quadratures > 0 ? [...given, scratch.dq + offsetQ] : given, results, work));
        for (const place of places) calls.push(['accumulate', place.sum, place.stage, place.count]);
        if (mirror.size > 0) calls.push(['accumulate', own.sum, own.stage, mirror.size]);
      }
      for (const s of this.#stages) {
        calls.push(['accumulate', gradients, gradients + (1 + s) * 4 * size, lane.rows * system.width]);
      }
      return calls;
    });
    this.#job = workshop.threads.prepare([tasks]);
  }

  /** Sets out anew from the gradients at the end. */
  restart(inputs: readonly Tensor[], dy: Tensor, dq: Tensor | null): this {
    const { heap } = this.#memory;
    this.#mirror.pull();
    // Stages that no step goes through must count for nothing.
    heap.floats(this.#gradients, (1 + this.#plan.method.b.length) * dy.size).fill(0);
    heap.floats(this.#gradients, dy.size).set(numbersOf(dy));
    if (dq) heap.floats(this.#dq, dq.size).set(numbersOf(dq));
    inputs.forEach((input, i) => {
      heap.floats(this.#inputs[i].value, input.size).set(numbersOf(input));
      heap.floats(this.#inputs[i].sum, input.size).fill(0);
    });
    for (const { sum } of this.#variables) heap.floats(sum, this.#mirror.size).fill(0);
    this.evaluations = 0;
    return this;
  }

  back(record: PlannedRecord): void {
    const { heap } = this.#memory;
    const { t, h, h32, count } = this.#clock;
    heap.doubles(t, count).set(record.t);
    heap.doubles(h, count).set(record.h);
    heap.floats(h32, count).set(record.h);
    heap.floats(this.#start, record.y.start.length).set(record.y.start);
    heap.floats(this.#slopes, record.y.slopes.length).set(record.y.slopes);
    this.#pace.run(this.#workshop.threads, this.#job);
    this.evaluations += this.#stages.length;
  }

  result(): PulledBack {
    const { heap } = this.#memory;
    const sum = new Float32Array(this.#mirror.size);
    for (const lane of this.#variables) {
      const own = heap.floats(lane.sum, sum.length);
      for (let i = 0; i < sum.length; i++) sum[i] += own[i];
    }
    const width = this.#plan.system.width;
    const { offsets, variables } = this.#mirror;
    return {
      y: tf.tensor2d(heap.floats(this.#gradients, this.#rows * width).slice(), [this.#rows, width]),
      inputs: this.#inputs.map(({ sum: at, size, shape }) => tf.tensor(heap.floats(at, size).slice(), shape)),
      variables: variables.map(({ shape, size }, i) => tf.tensor(sum.slice(offsets[i], offsets[i] + size), shape)),
    };
  }

  /** It stays prepared for the next solve; see {@link PlannedReverse.free}. */
  dispose(): void {}

  free(): void {
    this.#workshop.threads.release(this.#job);
    for (const made of this.#functions.values()) made.free();
    this.#memory.free();
  }

  /** Whether one stage gives what TF.js gives: for all rows together, which lanes know nothing of. */
  #agrees(y: Tensor, inputs: readonly Tensor[]): boolean {
    const { method, system, timePerRow } = this.#plan;
    const count = timePerRow ? this.#rows : 1;
    const [t, h] = [0.3, 0.5].map((value) => new Float64Array(count).fill(value));
    const part = { width: system.width, start: numbersOf(y), slopes: new Float32Array(method.b.length * y.size) };
    const record = new PlannedRecord(method, t, h, this.#rows, part, null);
    return tf.tidy(() => {
      const dq = system.quadratures > 0 ? tf.ones([this.#rows, system.quadratures]) : null;
      const reference = new TensorReverse(method, system, inputs, y, dq);
      const [expected, found] = [reference, this.restart(inputs, y, dq)].map((reverse) => {
        reverse.back(record);
        return flat(reverse.result());
      });
      reference.dispose();
      return expected.every((tensor, i) => agrees(found[i].dataSync(), tensor.dataSync()));
    });
  }
}

/** Where one input has its value and its gradients. */
interface InputPlaces {
  readonly size: number;
  readonly shape: number[];
  readonly value: number;
  readonly sum: number;
  readonly stage: number;
}

/** The stages that gradients pass through, from the last to the first. */
function stagesOf({ a, b }: Tableau): number[] {
  const passed: number[] = [];
  for (let s = b.length - 1; s >= 0; s--) if (b[s] !== 0 || passed.some((i) => a[i][s] !== 0)) passed.push(s);
  return passed;
}

/** The vector-Jacobian product of a right-hand side at `[t, y, ...inputs, ...cotangents]`. */
function pullBackOf(system: System, inputs: number, [t, y, ...rest]: readonly Tensor[]): PulledBack {
  const [dy, dq = null] = rest.slice(inputs);
  return pullBack(system, t, y, rest.slice(0, inputs), { y: dy, q: dq });
}

function flat({ y, inputs, variables }: PulledBack): Tensor[] {
  return [y, ...inputs, ...variables];
}
