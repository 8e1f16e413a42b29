import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { combine, denseOutput } from '../combine.js';
import { evaluate } from '../evaluate.js';
import { squaredRatios } from '../norms.js';
import { copyState, disposeStates, mapState, pickRows, startState, tidyState, type State } from '../state.js';
import type { Stages, StepRecord, Stepper, Tolerance } from '../stepper.js';
import type { System } from '../system.js';
import { plus, type Times } from '../times.js';
import { disposeLinearisation, evaluationsToLinearise, linearise, type Linearisation } from './linearise.js';
import { addIncrements, increments } from './step.js';
import type { RosenbrockTableau } from './tableau.js';

/**
 * A Rosenbrock method on tensors, on any backend. The Jacobian at a state is kept while steps from there are rejected; each
 * of its rows counts as an evaluation.
 */
export class RosenbrockStepper implements Stepper {
  readonly method: RosenbrockTableau;
  readonly rows: number;
  evaluations = 0;
  readonly #system: System;
  readonly #inputs: readonly Tensor[];
  readonly #tolerance: Tolerance;
  #state: State;
  /** The right-hand side near the present state, where it is known. */
  #near: Linearisation | null = null;
  #tried: Tried | null = null;

  /** @param y where to start, `[rows, width]`; quadratures start at zero. There are no totals. */
  constructor(method: RosenbrockTableau, system: System, y: Tensor, inputs: readonly Tensor[], tolerance: Tolerance) {
    this.method = method;
    this.rows = y.shape[0];
    this.#system = system;
    this.#inputs = inputs;
    this.#tolerance = tolerance;
    this.#state = startState(system, y);
  }

  begin(t: Times): { state: ArrayLike<number>; slope: ArrayLike<number> } {
    this.#moved();
    const { slope } = this.#linearised(t);
    return { state: this.#norms(this.#state), slope: this.#norms(slope) };
  }

  probe(t: Times, h: Times): ArrayLike<number> {
    const { slope } = this.#linearised(t);
    this.evaluations++;
    const change = tidyState(() => {
      const there = evaluate(this.#system, plus(t, h, 1), combine(this.#state.y, [slope.y], h, [1]), this.#inputs);
      return mapState((a, b) => tf.sub(a, b), there, slope);
    });
    const norms = this.#norms(change);
    disposeStates([change]);
    return norms;
  }

  attempt(t: Times, h: Times): ArrayLike<number> {
    this.#forget();
    const { b, c, e } = this.method;
    const near = this.#linearised(t);
    const start = { t, h, y: this.#state.y, inputs: this.#inputs };
    const found = tf.tidy(
      () => increments(this.method, this.#system, near, start) as unknown as tf.TensorContainer,
    ) as unknown as State[];
    this.evaluations += c.length - 1;
    const next = tidyState(() => addIncrements(this.#state, found, b));
    this.#tried = { t: t.slice(), h: h.slice(), found, next };
    const error = tidyState(() =>
      addIncrements(
        mapState((part) => tf.zerosLike(part), next),
        found,
        e,
      ),
    );
    const norms = this.#norms(error, next);
    disposeStates([error]);
    return norms;
  }

  accept(rows: Uint8Array | null, keep: boolean): StepRecord | null {
    const { t, h, found, next } = this.#tried!;
    const before = this.#state;
    let kept: { h: Times; found: readonly State[] } = { h, found };
    this.#tried = null;
    this.#state = next;
    if (rows) {
      const mask = tf.tensor2d(rows, [this.rows, 1], 'bool');
      this.#state = pickRows(mask, next, before);
      disposeStates([next]);
      if (keep) {
        // A row that stays may have tried what is not finite.
        kept = { h: h.map((step, i) => (rows[i] ? step : 0)), found: found.map((u) => pickRows(mask, u, null)) };
        disposeStates(found);
      }
      mask.dispose();
    }
    this.#moved();
    if (keep) return new RosenbrockRecord(this.method, t, kept.h, before, kept.found);
    disposeStates([before, ...found]);
    return null;
  }

  state(): State {
    return copyState(this.#state);
  }

  dispose(): void {
    this.#forget();
    this.#moved();
    disposeStates([this.#state]);
  }

  #linearised(t: Times): Linearisation {
    if (!this.#near) {
      this.#near = linearise(this.#system, t, this.#state.y, this.#inputs);
      this.evaluations += evaluationsToLinearise(this.#system);
    }
    return this.#near;
  }

  #norms(value: State, after: State = this.#state): Float32Array {
    return squaredRatios(this.#tolerance, value, this.#state, after);
  }

  #moved(): void {
    if (this.#near) disposeLinearisation(this.#near);
    this.#near = null;
  }

  #forget(): void {
    if (!this.#tried) return;
    disposeStates([...this.#tried.found, this.#tried.next]);
    this.#tried = null;
  }
}

/** A step that has been tried and not yet been decided on. */
interface Tried {
  readonly t: Times;
  readonly h: Times;
  readonly found: readonly State[];
  readonly next: State;
}

/** A step that was taken, with its increments. */
export class RosenbrockRecord implements StepRecord {
  readonly #method: RosenbrockTableau;
  readonly #start: State;
  readonly #found: readonly State[];

  constructor(
    method: RosenbrockTableau,
    readonly t: Times,
    readonly h: Times,
    start: State,
    found: readonly State[],
  ) {
    this.#method = method;
    this.#start = start;
    this.#found = found;
  }

  at(theta: Times): State {
    const one = Float64Array.of(1);
    const { y, q } = this.#start;
    return tidyState(() =>
      mapState((from, ...us) => denseOutput(this.#method, from, us, one, theta), { y, q, total: null }, ...this.#found),
    );
  }

  /** Only the start: the way back goes through the whole step anew. */
  stages(): Stages {
    return { start: this.#start.y, slopes: [] };
  }

  get tensors(): Tensor[] {
    return [this.#start.y];
  }

  withTensors([y]: readonly Tensor[]): RosenbrockRecord {
    return new RosenbrockRecord(this.#method, this.t, this.h, { y, q: null, total: null }, []);
  }

  dispose(): void {
    disposeStates([this.#start, ...this.#found]);
  }
}
