import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { agrees } from '../../replay/lane-tasks.js';
import { Pace } from '../../replay/pace.js';
import type { Job } from '../../replay/threads.js';
import type { State } from '../state.js';
import type { Stepper, StepRecord, Tolerance } from '../stepper.js';
import type { System } from '../system.js';
import type { Tableau } from '../tableau.js';
import { timeTensor, type Times } from '../times.js';
import { CallWriter, type Clock, type LaneCalls, type LanePlaces, type Part } from './call-writer.js';
import { byLength, LaneFunction, writeDown } from './lane-function.js';
import { numbersOf } from './memory.js';
import { PlannedRecord, type RecordedPart } from './planned-record.js';
import type { Site } from './site.js';
import type { Tape } from './tape.js';

/** What a planned stepper is made for. */
export interface SteppingPlan {
  readonly method: Tableau;
  readonly system: System;
  readonly tolerance: Tolerance;
  /** Whether each row has a time of its own. */
  readonly timePerRow: boolean;
}

/**
 * An explicit Runge-Kutta method as calls into the SIMD module: a whole step is one job, which threads share by lanes of
 * rows. Between two steps there is only the decision how long the next one is.
 */
export class PlannedStepper implements Stepper {
  readonly method: Tableau;
  readonly rows: number;
  evaluations = 0;
  readonly #system: System;
  readonly #site: Site;
  readonly #tape: Tape | null;
  readonly #inputs: readonly { readonly address: number; readonly size: number }[];
  readonly #y: Part;
  readonly #q: Part | null;
  /** One for each lane. */
  readonly #totals: readonly Part[];
  readonly #clock: Clock;
  readonly #norms: { readonly state: number; readonly slope: number };
  readonly #writer: CallWriter;
  readonly #lanes: readonly Omit<LanePlaces, 'frame'>[];
  /** By the number of the step, as the tape counts them. */
  readonly #jobs: Jobs[] = [];
  readonly #paces = { slope: new Pace(), begin: new Pace(), probe: new Pace(), attempt: new Pace() };
  #step = 0;
  #slopeKnown = false;
  #tried: { readonly t: Times; readonly h: Times } | null = null;

  /**
   * @param y `[rows, width]`, and inputs like those of every solve to come
   * @returns null when the right-hand side cannot be written down
   */
  static build(
    this: void,
    plan: SteppingPlan,
    y: Tensor,
    inputs: readonly Tensor[],
    site: Site,
  ): PlannedStepper | null {
    const { system, timePerRow } = plan;
    const functions = byLength(
      site.lanes,
      (rows) => [
        timeTensor(new Float64Array(timePerRow ? rows : 1)),
        ...[y, ...inputs].map((x) => tf.slice(x, 0, rows)),
      ],
      (examples) => {
        const written = writeDown(([t, at, ...rest]) => system.derivative(t, at, rest), examples, site.mirror);
        return written && LaneFunction.from(written, site.mirror, site.memory);
      },
    );
    return functions && PlannedStepper.of(functions, null, plan, y, inputs, site);
  }

  /**
   * @param functions the right-hand side by the length of a lane
   * @param tape where it leaves what it gives beside the slopes; null where that is nothing
   * @returns null when it does not give what TF.js gives
   */
  static of(
    functions: ReadonlyMap<number, LaneFunction>,
    tape: Tape | null,
    plan: SteppingPlan,
    y: Tensor,
    inputs: readonly Tensor[],
    site: Site,
  ): PlannedStepper | null {
    const stepper = new PlannedStepper(functions, tape, plan, y, inputs, site);
    if (stepper.#agrees(y, inputs)) return stepper;
    stepper.free();
    return null;
  }

  private constructor(
    functions: ReadonlyMap<number, LaneFunction>,
    tape: Tape | null,
    { method, system, tolerance, timePerRow }: SteppingPlan,
    y: Tensor,
    inputs: readonly Tensor[],
    site: Site,
  ) {
    const { lanes, memory } = site;
    const rows = y.shape[0];
    const stages = method.a.length;
    this.method = method;
    this.rows = rows;
    this.#system = system;
    this.#site = site;
    this.#tape = tape;
    const part = (count: number, width: number): Part => ({
      width,
      now: memory.floats(count * width),
      next: memory.floats(count * width),
      slopes: memory.floats(stages * count * width),
      stride: 4 * count * width,
      error: memory.floats(count * width),
    });
    this.#inputs = inputs.map(({ size }) => ({ address: memory.floats(size), size }));
    this.#y = part(rows, system.width);
    this.#q = system.quadratures > 0 ? part(rows, system.quadratures) : null;
    // Single lanes keep their sums apart; padded, so that no two share a line of the cache.
    const padded = Math.ceil(system.totals / 16) * 16;
    this.#totals = system.totals > 0 ? lanes.map(() => part(1, padded)) : [];
    const count = timePerRow ? rows : 1;
    this.#clock = { t: memory.doubles(count), h: memory.doubles(count), h32: memory.floats(count), count };
    this.#norms = { state: memory.floats(rows), slope: memory.floats(rows) };
    this.#writer = new CallWriter(method, tolerance, memory, this.#clock, timePerRow);
    this.#lanes = lanes.map((lane, index) => {
      const derivative = functions.get(lane.rows)!;
      return {
        rows: lane.rows,
        y: shifted(this.#y, lane.start),
        q: this.#q && shifted(this.#q, lane.start),
        total: this.#totals[index] ?? null,
        clock: timePerRow ? lane.start : 0,
        time: memory.floats(timePerRow ? lane.rows : 1),
        state: this.#norms.state + 4 * lane.start,
        slope: this.#norms.slope + 4 * lane.start,
        inputs: this.#inputs.map(({ address, size }) => address + 4 * lane.start * (size / rows)),
        work: memory.floats(derivative.workBytes / 4),
        derivative,
      };
    });
  }

  /** Sets out anew. */
  restart(y: Tensor, inputs: readonly Tensor[]): this {
    const { heap } = this.#site.memory;
    this.#site.mirror.pull();
    this.#tape?.clear();
    heap.floats(this.#y.now, y.size).set(numbersOf(y));
    inputs.forEach((input, i) => heap.floats(this.#inputs[i].address, input.size).set(numbersOf(input)));
    if (this.#q) heap.floats(this.#q.now, this.rows * this.#q.width).fill(0);
    for (const total of this.#totals) heap.floats(total.now, total.width).fill(0);
    this.evaluations = 0;
    this.#step = 0;
    this.#slopeKnown = false;
    this.#tried = null;
    return this;
  }

  begin(t: Times): { state: ArrayLike<number>; slope: ArrayLike<number> } {
    this.#setClock(t, t.map(() => 0)); // prettier-ignore
    this.#run('begin');
    this.evaluations++;
    this.#slopeKnown = true;
    return { state: this.#read(this.#norms.state), slope: this.#read(this.#norms.slope) };
  }

  probe(t: Times, h: Times): ArrayLike<number> {
    this.#setClock(t, h);
    this.#run('probe');
    this.evaluations++;
    return this.#read(this.#norms.slope);
  }

  attempt(t: Times, h: Times): ArrayLike<number> {
    this.#setClock(t, h);
    if (!this.#slopeKnown) {
      this.#run('slope');
      this.evaluations++;
      this.#slopeKnown = true;
    }
    this.#run('attempt');
    this.evaluations += this.method.a.length - 1;
    this.#tried = { t: t.slice(), h: h.slice() };
    return this.#read(this.#norms.slope);
  }

  accept(rows: Uint8Array | null, keep: boolean): StepRecord | null {
    const { t, h } = this.#tried!;
    this.#tried = null;
    const record = keep ? this.#record(t, h, rows) : null;
    if (record) this.#tape?.keep(record, this.#step);
    this.#step++;
    const parts = [this.#y, ...(this.#q ? [this.#q] : [])];
    for (const part of parts) this.#move(part, this.rows, rows);
    for (const total of this.#totals) this.#move(total, 1, null);
    this.#slopeKnown = this.method.firstSameAsLast;
    return record;
  }

  state(): State {
    const { heap } = this.#site.memory;
    const tensor = ({ now, width }: Part) => tf.tensor2d(heap.floats(now, this.rows * width).slice(), [this.rows, width]); // prettier-ignore
    const size = this.#system.totals;
    const total = new Float32Array(size);
    for (const { now } of this.#totals) heap.floats(now, size).forEach((value, i) => (total[i] += value));
    return {
      y: tensor(this.#y),
      q: this.#q && tensor(this.#q),
      total: size > 0 ? tf.tensor1d(total) : null,
    };
  }

  /** It stays prepared for the next solve; see {@link PlannedStepper.free}. */
  dispose(): void {}

  /** Gives its jobs back; what else it has is in the memory of its site. */
  free(): void {
    const { threads } = this.#site;
    for (const jobs of this.#jobs) for (const job of Object.values(jobs)) threads.release(job);
  }

  /** Whether the right-hand side gives what TF.js gives: for all rows together, which lanes know nothing of. */
  #agrees(y: Tensor, inputs: readonly Tensor[]): boolean {
    const t = new Float64Array(this.#clock.count).fill(0.3);
    this.restart(y, inputs).begin(t);
    const { heap } = this.#site.memory;
    const slopes = [this.#y, ...(this.#q ? [this.#q] : [])].map(({ slopes: at, width }) => heap.floats(at, this.rows * width).slice()); // prettier-ignore
    const expected = tf.tidy(() => this.#system.derivative(timeTensor(t), y, inputs).map((x) => tf.add(x, 0)));
    const totals = this.#system.totals;
    if (totals > 0) {
      const sum = new Float32Array(totals);
      for (const { slopes: at } of this.#totals) heap.floats(at, totals).forEach((value, i) => (sum[i] += value));
      slopes.push(sum);
    }
    const right = expected.every((tensor, i) => agrees(slopes[i], tensor.dataSync<'float32'>()));
    tf.dispose(expected);
    return right;
  }

  #run(name: keyof LaneCalls): void {
    const step = Math.min(this.#step, this.#tape?.steps ?? 0);
    this.#jobs[step] ??= this.#jobsOf(step);
    this.#paces[name].run(this.#site.threads, this.#jobs[step][name]);
  }

  /** A step of each number leaves its frames in other places. */
  #jobsOf(step: number): Jobs {
    const tasks = this.#lanes.map((lane, index) =>
      this.#writer.write({ ...lane, frame: (stage) => this.#tape?.places(step, stage, index) ?? [] }),
    );
    const job = (name: keyof LaneCalls) => this.#site.threads.prepare([tasks.map((lane) => lane[name])]);
    return { slope: job('slope'), begin: job('begin'), probe: job('probe'), attempt: job('attempt') };
  }

  #setClock(t: Times, h: Times): void {
    const { heap } = this.#site.memory;
    const { t: tAt, h: hAt, h32, count } = this.#clock;
    heap.doubles(tAt, count).set(t);
    heap.doubles(hAt, count).set(h);
    heap.floats(h32, count).set(h);
  }

  #read(address: number): Float32Array {
    return this.#site.memory.heap.floats(address, this.rows).slice();
  }

  /** The new state in place of the old, and the last slope in place of the first. */
  #move({ now, next, slopes, stride, width }: Part, count: number, rows: Uint8Array | null): void {
    const { heap } = this.#site.memory;
    const state = heap.floats(now, count * width);
    const moved = heap.floats(next, count * width);
    const first = heap.floats(slopes, count * width);
    const last = heap.floats(slopes + (this.method.a.length - 1) * stride, count * width);
    for (let row = 0; row < count; row++) {
      if (rows && !rows[row]) continue;
      const [begin, end] = rows ? [row * width, (row + 1) * width] : [0, count * width];
      state.set(moved.subarray(begin, end), begin);
      if (this.method.firstSameAsLast) first.set(last.subarray(begin, end), begin);
      if (!rows) return;
    }
  }

  #record(t: Times, h: Times, taken: Uint8Array | null): PlannedRecord {
    const { heap } = this.#site.memory;
    const stages = this.method.a.length;
    const recorded = ({ width, now, slopes }: Part): RecordedPart => {
      const size = this.rows * width;
      const found = { width, start: heap.floats(now, size).slice(), slopes: heap.floats(slopes, stages * size).slice() }; // prettier-ignore
      taken?.forEach((yes, row) => {
        // A row that stays may have tried what is not finite.
        for (let s = 0; !yes && s < stages; s++) found.slopes.fill(0, s * size + row * width, s * size + (row + 1) * width); // prettier-ignore
      });
      return found;
    };
    const steps = taken ? h.map((step, i) => (taken[i] ? step : 0)) : h;
    return new PlannedRecord(this.method, t, steps, this.rows, recorded(this.#y), this.#q && recorded(this.#q));
  }
}

type Jobs = Readonly<Record<keyof LaneCalls, Job>>;

/** The part of a lane that begins with this row. */
function shifted(part: Part, start: number): Part {
  const offset = 4 * start * part.width;
  const { width, stride } = part;
  return {
    width,
    stride,
    now: part.now + offset,
    next: part.next + offset,
    slopes: part.slopes + offset,
    error: part.error + offset,
  };
}
