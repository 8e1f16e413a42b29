import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { combine, denseOutput } from './combine.js';
import { evaluate } from './evaluate.js';
import { finiteness, squaredRatios } from './norms.js';
import { copyState, disposeStates, mapState, pickRows, startState, tidyState, type State } from './state.js';
import type { Stages, StepRecord, Stepper, Tolerance } from './stepper.js';
import type { System } from './system.js';
import type { Tableau } from './tableau.js';
import { plus, type Times } from './times.js';

/** An explicit Runge-Kutta method on tensors, on any backend. */
export class TensorStepper implements Stepper {
  readonly method: Tableau;
  readonly rows: number;
  evaluations = 0;
  readonly #system: System;
  readonly #inputs: readonly Tensor[];
  readonly #tolerance: Tolerance;
  #state: State;
  /** The right-hand side at the present state, where it is known. */
  #slope: State | null = null;
  #tried: Tried | null = null;

  /** @param y where to start, `[rows, width]`; quadratures and totals start at zero */
  constructor(method: Tableau, system: System, y: Tensor, inputs: readonly Tensor[], tolerance: Tolerance) {
    this.method = method;
    this.rows = y.shape[0];
    this.#system = system;
    this.#inputs = inputs;
    this.#tolerance = tolerance;
    this.#state = startState(system, y);
  }

  begin(t: Times): { state: ArrayLike<number>; slope: ArrayLike<number> } {
    if (this.#slope) disposeStates([this.#slope]);
    this.#slope = this.#evaluate(t, this.#state.y);
    const norms = (value: State) => this.#norms(value, this.#state, this.#state);
    return { state: norms(this.#state), slope: norms(this.#slope) };
  }

  probe(t: Times, h: Times): ArrayLike<number> {
    const slope = this.#slope!;
    const y = tf.tidy(() => combine(this.#state.y, [slope.y], h, [1]));
    const there = this.#evaluate(plus(t, h, 1), y);
    const change = tidyState(() => mapState((a, b) => tf.sub(a, b), there, slope));
    const norms = this.#norms(change, this.#state, this.#state);
    y.dispose();
    disposeStates([there, change]);
    return norms;
  }

  attempt(t: Times, h: Times): ArrayLike<number> {
    this.#forget();
    const { a, b, c, e, firstSameAsLast } = this.method;
    const { y } = this.#state;
    const slopes = [(this.#slope ??= this.#evaluate(t, y))];
    let last = tf.clone(y);
    for (let stage = 1; stage < a.length; stage++) {
      last.dispose();
      last = tf.tidy(() => combine(y, slopes.map((slope) => slope.y), h, a[stage])); // prettier-ignore
      slopes.push(this.#evaluate(plus(t, h, c[stage]), last));
    }
    const move = (from: State, weights: readonly number[]) =>
      tidyState(() => mapState((part, ...ks) => combine(part, ks, h, weights), from, ...slopes));
    let next = move(this.#state, b);
    if (firstSameAsLast) {
      // The last stage stood at the very point.
      next.y.dispose();
      next = { ...next, y: last };
    } else {
      last.dispose();
    }
    this.#tried = { t: t.slice(), h: h.slice(), slopes, next };
    if (!e) return finiteness(next);
    const zero = tidyState(() => mapState((part) => tf.zerosLike(part), this.#state));
    const error = move(zero, e);
    const norms = this.#norms(error, this.#state, next);
    disposeStates([zero, error]);
    return norms;
  }

  accept(rows: Uint8Array | null, keep: boolean): StepRecord | null {
    const { t, h, slopes, next } = this.#tried!;
    const { firstSameAsLast } = this.method;
    const before = this.#state;
    const ends = slopes.at(-1)!;
    let kept: { h: Times; slopes: readonly State[] } = { h, slopes };
    if (rows) {
      const mask = tf.tensor2d(rows, [this.rows, 1], 'bool');
      this.#state = pickRows(mask, next, before);
      this.#slope = firstSameAsLast ? pickRows(mask, ends, slopes[0]) : null;
      if (keep) {
        // A row that stays may have tried what is not finite.
        kept = {
          h: h.map((step, i) => (rows[i] ? step : 0)),
          slopes: slopes.map((slope) => pickRows(mask, slope, null)),
        };
        disposeStates(slopes);
      }
      mask.dispose();
      disposeStates([next]);
    } else {
      this.#state = next;
      this.#slope = firstSameAsLast ? copyState(ends) : null;
    }
    this.#tried = null;
    if (keep) return new TensorRecord(this.method, t, kept.h, before, kept.slopes);
    disposeStates([before, ...slopes]);
    return null;
  }

  state(): State {
    return copyState(this.#state);
  }

  dispose(): void {
    this.#forget();
    disposeStates(this.#slope ? [this.#state, this.#slope] : [this.#state]);
    this.#slope = null;
  }

  /** Frees the step tried last, but for the slope at its start, which is still that of the state. */
  #forget(): void {
    if (!this.#tried) return;
    const { slopes, next } = this.#tried;
    disposeStates([...slopes.slice(1), next]);
    this.#tried = null;
  }

  #evaluate(t: Times, y: Tensor): State {
    this.evaluations++;
    return evaluate(this.#system, t, y, this.#inputs);
  }

  #norms(value: State, before: State, after: State): Float32Array {
    return squaredRatios(this.#tolerance, value, before, after);
  }
}

/** A step that has been tried and not yet been decided on. */
interface Tried {
  readonly t: Times;
  readonly h: Times;
  readonly slopes: readonly State[];
  readonly next: State;
}

/** A step that was taken, with its stages. */
export class TensorRecord implements StepRecord {
  constructor(
    readonly method: Tableau,
    readonly t: Times,
    readonly h: Times,
    readonly start: State,
    readonly slopes: readonly State[],
  ) {}

  at(theta: Times): State {
    const part = (from: Tensor, slopes: Tensor[]) => denseOutput(this.method, from, slopes, this.h, theta);
    const { y, q } = this.start;
    return tidyState(() => ({
      y: part(y, this.slopes.map((slope) => slope.y)),
      q: q && part(q, this.slopes.map((slope) => slope.q!)),
      total: null,
    })); // prettier-ignore
  }

  stages(): Stages {
    return { start: this.start.y, slopes: this.slopes.map(({ y }) => y) };
  }

  get tensors(): Tensor[] {
    return [this.start.y, ...this.slopes.map(({ y }) => y)];
  }

  withTensors([start, ...slopes]: readonly Tensor[]): TensorRecord {
    const state = (y: Tensor): State => ({ y, q: null, total: null });
    return new TensorRecord(this.method, this.t, this.h, state(start), slopes.map(state));
  }

  dispose(): void {
    disposeStates([this.start, ...this.slopes]);
  }
}
