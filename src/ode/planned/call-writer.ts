import type { SimdCall } from '../../kernels/fused/wasm.js';
import type { Tolerance } from '../stepper.js';
import type { Tableau } from '../tableau.js';
import type { LaneFunction } from './lane-function.js';
import type { Memory } from './memory.js';

/** Part of the state, with the slopes of all stages behind each other. Addresses are in bytes. */
export interface Part {
  /** Numbers of one row. */
  readonly width: number;
  readonly now: number;
  readonly next: number;
  readonly slopes: number;
  /** From one slope to the next. */
  readonly stride: number;
  readonly error: number;
}

/** Times and steps, one or one a row. */
export interface Clock {
  /** In doubles. */
  readonly t: number;
  readonly h: number;
  /** In singles. */
  readonly h32: number;
  readonly count: number;
}

/** Where a lane of rows has its numbers. */
export interface LanePlaces {
  readonly rows: number;
  readonly y: Part;
  readonly q: Part | null;
  readonly total: Part | null;
  /** Number of its first entry in the clock. */
  readonly clock: number;
  /** Times of a stage. */
  readonly time: number;
  /** Norms of the state; of the slope, or of the error of a step. */
  readonly state: number;
  readonly slope: number;
  readonly inputs: readonly number[];
  readonly work: number;
  readonly derivative: LaneFunction;
  /** Where the evaluation of a stage leaves what else it gives. */
  readonly frame: (stage: number) => readonly number[];
}

/** What a lane does in each job of a stepper. */
export interface LaneCalls {
  /** The slope at the state. */
  readonly slope: SimdCall[];
  /** The same, and its norm and that of the state. */
  readonly begin: SimdCall[];
  /** An Euler step, and the norm of the change of the slope. */
  readonly probe: SimdCall[];
  /** A step, and the norm of its error. */
  readonly attempt: SimdCall[];
}

/** Writes the steps of a Runge-Kutta method as calls into the SIMD module. */
export class CallWriter {
  readonly #method: Tableau;
  readonly #tolerance: Tolerance;
  readonly #clock: Clock;
  readonly #timePerRow: boolean;
  readonly #weights: {
    readonly a: readonly number[];
    readonly b: number;
    readonly e: number;
    readonly one: number;
    readonly minusOne: number;
  };

  constructor(method: Tableau, tolerance: Tolerance, memory: Memory, clock: Clock, timePerRow: boolean) {
    this.#method = method;
    this.#tolerance = tolerance;
    this.#clock = clock;
    this.#timePerRow = timePerRow;
    this.#weights = {
      a: method.a.map((row) => memory.write(row)),
      b: memory.write(method.b),
      // Without an error estimate the sum shows whether the slopes are finite.
      e: memory.write(method.e ?? method.b.map(() => 0)),
      one: memory.write([1]),
      minusOne: memory.write([-1]),
    };
  }

  write(lane: LanePlaces): LaneCalls {
    const { a, b, one, minusOne, e } = this.#weights;
    const { y, q, total } = lane;
    const stages = this.#method.a.length;
    const rowParts = [y, ...(q ? [q] : [])];
    const slope = this.#evaluate(lane, 0, y.now, 0);
    const norms = (of: (part: Part) => number, after: (part: Part) => number, out: number) =>
      rowParts.flatMap((part) => this.#norm(lane, part, of(part), after(part), out));
    const begin = [
      ...slope,
      ...norms((part) => part.now, (part) => part.now, lane.state),
      ...norms((part) => part.slopes, (part) => part.now, lane.slope),
    ]; // prettier-ignore
    const probe: SimdCall[] = [
      this.#sum(lane, y, y.now, 1, one, y.next),
      ...this.#evaluate(lane, 1, y.next, 1),
      ...rowParts.map((part): SimdCall => {
        const { slopes, stride, error, width } = part;
        return ['weightedSum', slopes + stride, slopes, stride, 1, minusOne, one, 0, error, lane.rows, width];
      }),
      ...norms((part) => part.error, (part) => part.now, lane.slope),
    ]; // prettier-ignore
    const attempt: SimdCall[] = [];
    for (let s = 1; s < stages; s++) {
      attempt.push(this.#sum(lane, y, y.now, s, a[s], y.next), ...this.#evaluate(lane, s, y.next, this.#method.c[s]));
    }
    // The last stage of some methods stands where the step ends.
    if (!this.#method.firstSameAsLast) attempt.push(this.#sum(lane, y, y.now, stages, b, y.next));
    if (q) attempt.push(this.#sum(lane, q, q.now, stages, b, q.next));
    if (total) {
      const { now, slopes, stride, next, width } = total;
      attempt.push(['weightedSum', now, slopes, stride, stages, b, this.#clock.h32, 0, next, 1, width]);
    }
    for (const part of rowParts) attempt.push(this.#sum(lane, part, 0, stages, e, part.error));
    attempt.push(
      ...norms(
        (part) => part.error,
        (part) => part.next,
        lane.slope,
      ),
    );
    return { slope, begin, probe, attempt };
  }

  /** `out = base + h Σ_j w_j k_j` over the first slopes of a part. */
  #sum({ rows, clock }: LanePlaces, part: Part, base: number, count: number, weights: number, out: number): SimdCall {
    const { slopes, stride, width } = part;
    const h = this.#clock.h32 + 4 * clock;
    return ['weightedSum', base, slopes, stride, count, weights, h, this.#timePerRow ? 1 : 0, out, rows, width];
  }

  /** The right-hand side at a point, as slope number `stage`. */
  #evaluate(lane: LanePlaces, stage: number, point: number, c: number): SimdCall[] {
    const { y, q, total, inputs, work, derivative, frame, time, clock } = lane;
    const outputs = [y, ...(q ? [q] : []), ...(total ? [total] : [])].map(({ slopes, stride }) => slopes + stage * stride); // prettier-ignore
    const { t, h } = this.#clock;
    const count = this.#timePerRow ? lane.rows : 1;
    return [
      ['stageTimes', t + 8 * clock, h + 8 * clock, c, time, count],
      ...derivative.calls([time, point, ...inputs], [...outputs, ...frame(stage)], work),
    ];
  }

  /** Adds what a part contributes to the norm of each row. */
  #norm({ rows, y, q }: LanePlaces, part: Part, x: number, after: number, out: number): SimdCall[] {
    const { rtol, atol, quadratures } = this.#tolerance;
    const watched = part === q ? quadratures : part.width;
    if (watched === 0) return [];
    const share = 1 / (y.width + (q ? quadratures : 0));
    const fresh = part === y ? 1 : 0;
    return [['scaledSquares', x, part.now, after, rtol, atol, share, out, rows, part.width, watched, fresh]];
  }
}
