import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { SimdCall } from '../../kernels/fused/wasm.js';
import { agrees } from '../../replay/lane-tasks.js';
import type { Lane } from '../../replay/lanes.js';
import { Pace } from '../../replay/pace.js';
import type { Job } from '../../replay/threads.js';
import type { PulledBack } from '../pull-back.js';
import type { Reverse } from '../reverse.js';
import type { System } from '../system.js';
import type { Tableau } from '../tableau.js';
import { TensorReverse } from '../tensor-reverse.js';
import { numbersOf } from './memory.js';
import { PlannedRecord } from './planned-record.js';
import type { Site } from './site.js';
import type { Tape } from './tape.js';
import type { TapedFunction } from './taped-function.js';

/** What a planned way back is made for. */
export interface ReversePlan {
  readonly method: Tableau;
  readonly system: System;
  /** Whether each row has a time of its own. */
  readonly timePerRow: boolean;
}

/**
 * The way back through the steps of a planned stepper: one job a step, which threads share by lanes of rows. Stages whose
 * frames are no more on the tape are evaluated again.
 */
export class PlannedReverse implements Reverse {
  evaluations = 0;
  readonly #plan: ReversePlan;
  readonly #rows: number;
  readonly #site: Site;
  readonly #tape: Tape;
  readonly #clock: { readonly t: number; readonly h: number; readonly h32: number; readonly count: number };
  /** The state before the step, then its slopes. */
  readonly #start: number;
  readonly #slopes: number;
  /** Gradients of the state after the step, then of where each stage stood. */
  readonly #gradients: number;
  readonly #dq: number;
  readonly #inputs: readonly InputPlaces[];
  readonly #scratch: { readonly point: number; readonly dy: number; readonly dq: number };
  readonly #weights: { readonly a: readonly number[]; readonly back: readonly number[]; readonly b: readonly number[] };
  readonly #stages: readonly number[];
  readonly #lanes: readonly LanePlaces[];
  /** By the number of the step on the tape. */
  readonly #jobs: Job[] = [];
  readonly #pace = new Pace();

  /**
   * @param functions the right-hand side by the length of a lane
   * @param tape where a stepper leaves the frames
   * @returns null when it does not give what TF.js gives
   */
  static of(
    functions: ReadonlyMap<number, TapedFunction>,
    tape: Tape,
    plan: ReversePlan,
    y: Tensor,
    inputs: readonly Tensor[],
    site: Site,
  ): PlannedReverse | null {
    const reverse = new PlannedReverse(functions, tape, plan, y, inputs, site);
    if (reverse.#agrees(y, inputs)) return reverse;
    reverse.free();
    return null;
  }

  private constructor(
    functions: ReadonlyMap<number, TapedFunction>,
    tape: Tape,
    plan: ReversePlan,
    y: Tensor,
    inputs: readonly Tensor[],
    site: Site,
  ) {
    const { mirror, memory, lanes } = site;
    const { method, system, timePerRow } = plan;
    const rows = y.shape[0];
    const size = rows * system.width;
    const stages = method.b.length;
    this.#plan = plan;
    this.#rows = rows;
    this.#site = site;
    this.#tape = tape;
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
    this.#stages = stagesOf(method);
    this.#weights = {
      a: method.a.map((row) => memory.write(row)),
      // Of the gradient after the step, and of those of later stages.
      back: method.b.map((b, s) => memory.write([b, ...method.a.map((row, i) => (i > s ? row[s] : 0))])),
      b: method.b.map((b) => memory.write([b])),
    };
    this.#scratch = {
      point: memory.floats(size),
      dy: memory.floats(size),
      dq: memory.floats(rows * system.quadratures),
    };
    const parameters = Math.max(16, Math.ceil(mirror.size / 16) * 16);
    this.#lanes = lanes.map((lane) => {
      const made = functions.get(lane.rows)!;
      return {
        lane,
        functions: made,
        time: memory.floats(timePerRow ? lane.rows : 1),
        variables: { sum: memory.floats(parameters), stage: memory.floats(parameters) },
        work: memory.floats(Math.max(made.remember.workBytes, made.pullBack.workBytes) / 4),
      };
    });
  }

  /** Sets out anew from the gradients at the end. */
  restart(inputs: readonly Tensor[], dy: Tensor, dq: Tensor | null): this {
    const { heap } = this.#site.memory;
    this.#site.mirror.pull();
    // Stages that no step goes through must count for nothing.
    heap.floats(this.#gradients, (1 + this.#plan.method.b.length) * dy.size).fill(0);
    heap.floats(this.#gradients, dy.size).set(numbersOf(dy));
    if (dq) heap.floats(this.#dq, dq.size).set(numbersOf(dq));
    inputs.forEach((input, i) => {
      heap.floats(this.#inputs[i].value, input.size).set(numbersOf(input));
      heap.floats(this.#inputs[i].sum, input.size).fill(0);
    });
    for (const { variables } of this.#lanes) heap.floats(variables.sum, this.#site.mirror.size).fill(0);
    this.evaluations = 0;
    return this;
  }

  back(record: PlannedRecord): void {
    const { heap } = this.#site.memory;
    const { t, h, h32, count } = this.#clock;
    heap.doubles(t, count).set(record.t);
    heap.doubles(h, count).set(record.h);
    heap.floats(h32, count).set(record.h);
    heap.floats(this.#start, record.y.start.length).set(record.y.start);
    heap.floats(this.#slopes, record.y.slopes.length).set(record.y.slopes);
    const step = this.#tape.stepOf(record);
    this.#jobs[step] ??= this.#jobOf(step);
    this.#pace.run(this.#site.threads, this.#jobs[step]);
    this.evaluations += this.#stages.length;
  }

  result(): PulledBack {
    const { heap } = this.#site.memory;
    const sum = new Float32Array(this.#site.mirror.size);
    for (const lane of this.#lanes) {
      const own = heap.floats(lane.variables.sum, sum.length);
      for (let i = 0; i < sum.length; i++) sum[i] += own[i];
    }
    const width = this.#plan.system.width;
    const { offsets, variables } = this.#site.mirror;
    return {
      y: tf.tensor2d(heap.floats(this.#gradients, this.#rows * width).slice(), [this.#rows, width]),
      inputs: this.#inputs.map(({ sum: at, size, shape }) => tf.tensor(heap.floats(at, size).slice(), shape)),
      variables: variables.map(({ shape, size }, i) => tf.tensor(sum.slice(offsets[i], offsets[i] + size), shape)),
    };
  }

  /** It stays prepared for the next solve; see {@link PlannedReverse.free}. */
  dispose(): void {}

  /** Gives its jobs back; what else it has is in the memory of its site. */
  free(): void {
    for (const job of Object.values(this.#jobs)) this.#site.threads.release(job);
  }

  #jobOf(step: number): Job {
    return this.#site.threads.prepare([this.#lanes.map((lane, index) => this.#write(lane, index, step))]);
  }

  /** The way of one lane back over a step. */
  #write({ lane, functions, time, variables, work }: LanePlaces, index: number, step: number): SimdCall[] {
    const { method, system, timePerRow } = this.#plan;
    const { mirror } = this.#site;
    const weights = this.#weights;
    const stages = method.b.length;
    const size = this.#rows * system.width;
    const clock = timePerRow ? lane.start : 0;
    const [offset, offsetQ] = [system.width, system.quadratures].map((width) => 4 * lane.start * width);
    const [point, dy, dq] = [this.#scratch.point + offset, this.#scratch.dy + offset, this.#scratch.dq + offsetQ];
    const gradients = this.#gradients + offset;
    const h = this.#clock.h32 + 4 * clock;
    const hStep = timePerRow ? 1 : 0;
    const sum = (base: number, x: number, vectors: number, by: number, out: number): SimdCall =>
      ['weightedSum', base, x, 4 * size, vectors, by, h, hStep, out, lane.rows, system.width]; // prettier-ignore
    const inputs = this.#inputs.map((input) => {
      const count = (lane.rows * input.size) / this.#rows;
      const start = 4 * lane.start * (input.size / this.#rows);
      return { value: input.value + start, sum: input.sum + start, stage: input.stage + start, count };
    });
    const at = [time, point, ...inputs.map(({ value }) => value)];
    const calls: SimdCall[] = [];
    for (const s of this.#stages) {
      calls.push(
        ['stageTimes', this.#clock.t + 8 * clock, this.#clock.h + 8 * clock, method.c[s], time, timePerRow ? lane.rows : 1], // prettier-ignore
        sum(this.#start + offset, this.#slopes + offset, s, weights.a[s], point),
        sum(0, gradients, 1 + stages, weights.back[s], dy),
      );
      if (system.quadratures > 0) {
        calls.push(['weightedSum', 0, this.#dq + offsetQ, 0, 1, weights.b[s], h, hStep, dq, lane.rows, system.quadratures]); // prettier-ignore
      }
      const frame = this.#tape.places(step, s, index);
      if (step === this.#tape.steps) calls.push(...functions.remember.calls(at, frame, work));
      const given = [...at, dy, ...(system.quadratures > 0 ? [dq] : []), ...frame];
      const results = [
        gradients + (1 + s) * 4 * size,
        ...inputs.map(({ stage }) => stage),
        ...mirror.offsets.map((from) => variables.stage + 4 * from),
      ];
      calls.push(...functions.pullBack.calls(given, results, work));
      for (const input of inputs) calls.push(['accumulate', input.sum, input.stage, input.count]);
      if (mirror.size > 0) calls.push(['accumulate', variables.sum, variables.stage, mirror.size]);
    }
    for (const s of this.#stages) {
      calls.push(['accumulate', gradients, gradients + (1 + s) * 4 * size, lane.rows * system.width]);
    }
    return calls;
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

/** Where a lane of rows has what it shares with none. */
interface LanePlaces {
  readonly lane: Lane;
  readonly functions: TapedFunction;
  readonly time: number;
  /** Gradients of the variables, laid end to end, and those of one stage. */
  readonly variables: { readonly sum: number; readonly stage: number };
  readonly work: number;
}

/** The stages that gradients pass through, from the last to the first. */
function stagesOf({ a, b }: Tableau): number[] {
  const passed: number[] = [];
  for (let s = b.length - 1; s >= 0; s--) if (b[s] !== 0 || passed.some((i) => a[i][s] !== 0)) passed.push(s);
  return passed;
}

function flat({ y, inputs, variables }: PulledBack): Tensor[] {
  return [y, ...inputs, ...variables];
}
