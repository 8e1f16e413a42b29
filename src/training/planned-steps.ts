import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../distributions/distribution.js';
import type { AdamAttributes } from '../kernels/adam/spec.js';
import type { SimdCall } from '../kernels/fused/wasm.js';
import { agrees, LaneTasks, programFor, type LaneProgram } from '../replay/lane-tasks.js';
import { lanesOf, positionsOf, type Lane } from '../replay/lanes.js';
import { Mirror } from '../replay/mirror.js';
import { Pace } from '../replay/pace.js';
import { canReplay } from '../replay/replay.js';
import type { Job } from '../replay/threads.js';
import { openWorkshop, type Workshop } from '../replay/workshop.js';
import { sizeOf } from '../shapes.js';
import { inTrainingMode } from '../training-mode.js';
import { toTensors, type Batch } from './data/table.js';
import type { ParameterSlab } from './parameter-slab.js';
import type { Plan } from './plan.js';
import { Snapshot } from './snapshot.js';
import { Adam } from './optimizers/adam.js';

/** Sizes of batches for which programs are kept: the usual one, and the rest at the end of an epoch. */
const MAX_SIZES = 3;
/** Parameters that one task sums or updates, at least. */
const LEAST_PART = 16384;
const MAX_PARTS = 8;

/** Everything that training changes, as vectors `[parameters]`. */
export interface TrainingVectors {
  readonly parameters: Float32Array;
  /** The parameters before the last update; empty where there was none. */
  readonly previous: Float32Array;
  readonly mean: Float32Array;
  readonly meanSquare: Float32Array;
  /** Empty where no average is kept. */
  readonly average: Float32Array;
}

/** How one step is to be taken. */
export interface StepRates {
  readonly adam: AdamAttributes;
  readonly clipNorm: number | null;
  readonly ema: number | null;
}

/**
 * Training steps as programs in memory of their own: gradients of all lanes of a batch, their sum, and Adam, with no
 * kernel of TF.js in between. Gives the numbers of the eager steps, up to the order of summation.
 */
export class PlannedSteps {
  readonly #model: Distribution;
  readonly #plan: Plan;
  readonly #workshop: Workshop;
  /** The trained variables; those that are not trained. */
  readonly #weights: Mirror;
  readonly #frozen: Mirror;
  /** Addresses of the vectors. */
  readonly #at: Readonly<Record<'gradient' | 'mean' | 'meanSquare' | 'previous' | 'average' | 'settings', number>>;
  readonly #update: Job;
  readonly #sizes = new Map<number, PlannedSize | null>();
  readonly #pace = new Pace();
  #hasPrevious = false;
  #updates = 0;

  /** Null where steps cannot be planned: on another backend, with another optimizer, or an objective that mixes rows. */
  static open(model: Distribution, plan: Plan, weights: ParameterSlab): PlannedSteps | null {
    if (!plan.objective.rowwise || !(plan.optimizer instanceof Adam) || !canReplay()) return null;
    const workshop = openWorkshop();
    return workshop && new PlannedSteps(model, plan, weights, workshop);
  }

  private constructor(model: Distribution, plan: Plan, weights: ParameterSlab, workshop: Workshop) {
    const { heap, threads } = workshop;
    const trained = new Set(weights.variables);
    const others = model.parameters.map(({ variable }) => variable).filter((variable) => !trained.has(variable));
    const vector = () => heap.allocate(4 * weights.size);
    this.#model = model;
    this.#plan = plan;
    this.#workshop = workshop;
    this.#weights = new Mirror(heap, weights.variables);
    this.#frozen = new Mirror(heap, others);
    this.#at = {
      gradient: vector(),
      mean: vector(),
      meanSquare: vector(),
      previous: vector(),
      average: plan.ema === null ? 0 : vector(),
      settings: heap.allocate(4 * SETTINGS),
    };
    this.#update = threads.prepare([partsOf(weights.size).map((part) => this.#updateCalls(part))]);
  }

  /** Starts from these vectors; the model holds the parameters. */
  load({ previous, mean, meanSquare, average }: Omit<TrainingVectors, 'parameters'>): void {
    this.#weights.pull();
    const put = (address: number, values: Float32Array) => {
      if (values.length > 0) this.#floats(address).set(values);
    };
    put(this.#at.previous, previous);
    put(this.#at.mean, mean);
    put(this.#at.meanSquare, meanSquare);
    put(this.#at.average, average);
    this.#hasPrevious = previous.length > 0;
  }

  /** Copies of the vectors as they are now. */
  vectors(): TrainingVectors {
    const copy = (address: number) => (address === 0 ? new Float32Array(0) : this.#floats(address).slice());
    const { mean, meanSquare, previous, average } = this.#at;
    return {
      parameters: copy(this.#weights.address),
      previous: this.#hasPrevious ? copy(previous) : new Float32Array(0),
      mean: copy(mean),
      meanSquare: copy(meanSquare),
      average: copy(average),
    };
  }

  weightsAreFinite(): boolean {
    return this.#floats(this.#weights.address).every(Number.isFinite);
  }

  /** Gives the model the parameters as they are now. */
  publish(): void {
    this.#weights.push();
  }

  /** Whether no batch seen so far can be planned: nothing that stands in the way depends on its size. */
  get hopeless(): boolean {
    return this.#sizes.size > 0 && [...this.#sizes.values()].every((size) => size === null);
  }

  /** Whether the decision about batches of this size is final. Until then, the model must hold the weights of the moment. */
  decided({ rows }: Batch): boolean {
    const size = this.#sizes.get(rows);
    return size === null || size?.verified === true;
  }

  /**
   * Whether batches like this one can be planned. A program is compared with the eager gradient twice, before and after
   * the weights have moved: what it holds for constant must be.
   */
  takes(batch: Batch): boolean {
    const { rows } = batch;
    if (this.decided(batch)) return this.#sizes.get(rows) !== null;
    const known = this.#sizes.get(rows);
    if (!known) {
      const program = this.#sizes.size < MAX_SIZES ? this.#prepare(batch) : null;
      this.#sizes.set(rows, program && { program, verified: false, preparedAt: this.#updates });
    } else if (this.#updates > known.preparedAt) {
      known.verified = this.#verify(batch, known.program);
      if (!known.verified) {
        known.program.free();
        this.#sizes.set(rows, null);
      }
    }
    return this.#sizes.get(rows) !== null;
  }

  /**
   * Loss and gradient on one batch, and unless one of them is not finite, the update.
   *
   * @returns loss and squared length of the gradient before clipping
   */
  step(batch: Batch, rates: StepRates): { loss: number; squaredNorm: number; updated: boolean } {
    const { program } = this.#sizes.get(batch.rows)!;
    const { threads, heap } = this.#workshop;
    this.#frozen.pull();
    const { loss, squaredNorm } = program.run(batch, this.#pace);
    if (!Number.isFinite(loss + squaredNorm)) return { loss, squaredNorm, updated: false };
    const { adam, clipNorm, ema } = rates;
    const norm = Math.sqrt(squaredNorm);
    const factor = clipNorm !== null && norm > clipNorm ? clipNorm / norm : 1;
    const { beta1, beta2, stepSize, rootScale, epsilon, decay } = adam;
    heap.floats(this.#at.settings, SETTINGS).set([factor, beta1, beta2, stepSize, rootScale, epsilon, decay, ema ?? 0]);
    this.#hasPrevious = true;
    this.#updates++;
    threads.run(this.#update, this.#weights.size < 2 * LEAST_PART);
    return { loss, squaredNorm, updated: true };
  }

  dispose(): void {
    const { heap, threads } = this.#workshop;
    for (const size of this.#sizes.values()) size?.program.free();
    this.#sizes.clear();
    threads.release(this.#update);
    this.#weights.free();
    this.#frozen.free();
    for (const address of Object.values(this.#at)) heap.free(address);
  }

  #prepare(batch: Batch): GradientProgram | null {
    if (!canReplay()) return null;
    const tensors = this.#tensors(batch);
    const variables = this.#weights.variables;
    const known = new Map([...this.#weights.addresses, ...this.#frozen.addresses]);
    const before = new Snapshot([...variables, ...this.#frozen.variables]);
    try {
      const lanes = lanesOf(batch.rows, this.#weights.size, positionsOf(this.#model.eventShape));
      const programs = new Map<number, LaneProgram>();
      let present: readonly boolean[] = [];
      for (const { rows } of lanes) {
        if (programs.has(rows)) continue;
        const compute = (inputs: Tensor[]): Tensor[] => {
          const { loss, gradients } = this.#eagerGradient(inputs);
          present = gradients.map((gradient) => gradient !== null);
          return [loss, ...gradients.filter((gradient) => gradient !== null)];
        };
        const program = programFor(compute, tensors, rows, known);
        if (!program || before.changed.length > 0 || sizeOf(program.outputShapes[0]) !== 1) return null;
        programs.set(rows, program);
      }
      const offsets = offsetsOf(variables).filter((_, i) => present[i]);
      const gradient = { address: this.#at.gradient, offsets, size: this.#weights.size };
      const program = new GradientProgram(this.#workshop, lanes, programs, tensors, gradient);
      this.#weights.pull();
      this.#frozen.pull();
      if (program.gives(batch, programs.get(lanes[0].rows)!.expected, 1)) return program;
      program.free();
      return null;
    } finally {
      if (before.changed.length > 0) before.restore();
      before.dispose();
      tf.dispose(tensors);
    }
  }

  /** Whether a program gives the eager gradient: of two lanes together, which know nothing of each other. */
  #verify(batch: Batch, program: GradientProgram): boolean {
    const lanes = Math.min(2, program.lanes.length);
    const { start, rows } = program.lanes[lanes - 1];
    const tensors = this.#tensors(batch);
    const found = tf.tidy(() => {
      const { loss, gradients } = this.#eagerGradient(tensors.map((x) => tf.slice(x, 0, start + rows)));
      return [loss, ...gradients.filter((gradient) => gradient !== null)];
    });
    const right = program.gives(batch, found.map((tensor) => tensor.dataSync<'float32'>()), lanes); // prettier-ignore
    tf.dispose([...tensors, ...found]);
    return right;
  }

  #tensors(batch: Batch): Tensor[] {
    const { x, context, targets, noise } = toTensors(batch, this.#plan.table.shapes);
    return [x, context, targets, noise].filter((tensor) => tensor !== null);
  }

  /** Loss and gradients as TF.js finds them; null for a variable that the loss does not depend on. */
  #eagerGradient([x, ...others]: Tensor[]): { loss: Tensor; gradients: (Tensor | null)[] } {
    const { objective, root, table } = this.#plan;
    const stream = root.split('step').split(0);
    const { contextShape, targetShape } = table.shapes;
    const context = contextShape ? others.shift()! : null;
    const targets = targetShape ? others.shift()! : null;
    const batch = { x, context, targets, noise: others[0] ?? null };
    const loss = () => inTrainingMode(stream, () => objective(this.#model, batch, stream));
    const variables = [...this.#weights.variables] as Tensor[];
    const { value, grads } = tf.engine().gradients(loss, variables, undefined, true);
    return { loss: value, gradients: (grads as (Tensor | undefined)[]).map((gradient) => gradient ?? null) };
  }

  #updateCalls({ start, count }: Part): SimdCall[] {
    const { gradient, mean, meanSquare, previous, average, settings } = this.#at;
    const part = (address: number) => address + 4 * start;
    const p = part(this.#weights.address);
    const adam: SimdCall = ['adamInPlace', p, part(mean), part(meanSquare), part(gradient), part(previous), count, settings]; // prettier-ignore
    return average === 0 ? [adam] : [adam, ['follow', part(average), p, count, settings + 4 * (SETTINGS - 1)]];
  }

  #floats(address: number): Float32Array {
    return this.#workshop.heap.floats(address, this.#weights.size);
  }
}

/** Numbers that the update reads: factor on the gradient, six rates of Adam, decay of the average. */
const SETTINGS = 8;

/** Numbers from the loss of a lane to its gradient: a line of the cache. */
const GRADIENT = 16;

/** What is known of batches of one size. */
interface PlannedSize {
  readonly program: GradientProgram;
  verified: boolean;
  /** Updates made before the program was written. */
  readonly preparedAt: number;
}

/** Loss and gradient for batches of one size. */
class GradientProgram {
  readonly #workshop: Workshop;
  readonly lanes: readonly Lane[];
  readonly #inputs: readonly { readonly address: number; readonly width: number; readonly size: number }[];
  /** Of each lane: the loss, then at a line of the cache of its own the gradient. */
  readonly #results: number;
  readonly #stride: number;
  readonly #squares: number;
  readonly #parts: number;
  readonly #laneWeights: number;
  readonly #tasks: LaneTasks;
  readonly #job: Job;
  readonly #offsets: readonly number[];

  constructor(
    workshop: Workshop,
    lanes: readonly Lane[],
    programs: ReadonlyMap<number, LaneProgram>,
    inputs: readonly Tensor[],
    gradient: { readonly address: number; readonly offsets: readonly number[]; readonly size: number },
  ) {
    const { heap, threads } = workshop;
    const [rows] = inputs[0].shape;
    const parts = partsOf(gradient.size);
    this.#workshop = workshop;
    this.lanes = lanes;
    this.#offsets = gradient.offsets;
    this.#inputs = inputs.map(({ size }) => ({ address: heap.allocate(4 * size), width: size / rows, size }));
    this.#stride = Math.ceil((GRADIENT + gradient.size) / 16) * 64;
    this.#results = heap.allocate(this.#stride * lanes.length);
    this.#parts = parts.length;
    this.#squares = heap.allocate(8 * parts.length);
    this.#laneWeights = heap.allocate(4 * lanes.length);
    heap.floats(this.#laneWeights, lanes.length).set(lanes.map((lane) => lane.rows / rows));
    this.#tasks = new LaneTasks(heap, lanes, programs, this.#inputs, (_, index) => {
      const start = this.#results + index * this.#stride;
      return [start, ...gradient.offsets.map((offset) => start + 4 * (GRADIENT + offset))];
    });
    const sums = parts.map(({ start, count }, i): SimdCall[] => [
      [
        'combine', this.#results + 4 * (GRADIENT + start), this.#stride, lanes.length, this.#laneWeights,
        gradient.address + 4 * start, count, this.#squares + 8 * i,
      ], // prettier-ignore
    ]);
    this.#job = threads.prepare([this.#tasks.tasks, sums]);
  }

  run(batch: Batch, pace: Pace): { loss: number; squaredNorm: number } {
    const { heap, threads } = this.#workshop;
    const given = [batch.x, batch.context, batch.targets ?? null, batch.noise?.values ?? null].filter((values) => values !== null); // prettier-ignore
    given.forEach((values, i) => heap.floats(this.#inputs[i].address, this.#inputs[i].size).set(values));
    pace.run(threads, this.#job);
    const rows = batch.rows;
    const loss = this.lanes.reduce((sum, lane, i) => sum + (lane.rows / rows) * this.#loss(i), 0);
    const squaredNorm = heap.doubles(this.#squares, this.#parts).reduce((sum, square) => sum + square, 0);
    return { loss, squaredNorm };
  }

  /** Whether the first lanes together find the loss and the gradients expected. */
  gives(batch: Batch, [loss, ...gradients]: readonly Float32Array[], lanes: number): boolean {
    this.run(batch, new Pace());
    const counted = this.lanes.slice(0, lanes);
    const rows = counted.reduce((sum, lane) => sum + lane.rows, 0);
    const mean = (offset: number, length: number) => {
      const sum = new Float64Array(length);
      counted.forEach((lane, l) => {
        const address = this.#results + l * this.#stride + 4 * offset;
        const values = this.#workshop.heap.floats(address, length);
        for (let i = 0; i < length; i++) sum[i] += (lane.rows / rows) * values[i];
      });
      return sum;
    };
    return (
      agrees(mean(0, 1), loss) &&
      gradients.every((gradient, i) => agrees(mean(GRADIENT + this.#offsets[i], gradient.length), gradient))
    );
  }

  free(): void {
    const { heap, threads } = this.#workshop;
    threads.release(this.#job);
    this.#tasks.free();
    for (const { address } of this.#inputs) heap.free(address);
    for (const address of [this.#results, this.#squares, this.#laneWeights]) heap.free(address);
  }

  #loss(lane: number): number {
    return this.#workshop.heap.floats(this.#results + lane * this.#stride, 1)[0];
  }
}

/** A part of a vector that one task sums or updates. */
interface Part {
  readonly start: number;
  readonly count: number;
}

/** Cuts a vector of parameters; parts begin at multiples of four numbers. */
function partsOf(size: number): Part[] {
  const parts = Math.min(MAX_PARTS, Math.max(1, Math.floor(size / LEAST_PART)));
  const length = Math.ceil(size / parts / 4) * 4;
  return Array.from({ length: Math.ceil(size / length) }, (_, i) => ({
    start: i * length,
    count: Math.min(length, size - i * length),
  }));
}

/** Where each variable begins in a vector of all. */
function offsetsOf(variables: readonly { readonly size: number }[]): number[] {
  let offset = 0;
  return variables.map(({ size }) => (offset += size) - size);
}
