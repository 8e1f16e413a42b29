import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { offTape } from '../kernels/stop-gradient/off-tape.js';
import { AdjointSystem } from './adjoint-system.js';
import { countEvaluations } from './evaluations.js';
import { integrate, type Route, type Walk } from './integrate.js';
import { isImplicit, METHODS } from './methods.js';
import type { SolverOptions } from './options.js';
import { PlannedRecord } from './planned/planned-record.js';
import { Plans } from './planned/plans.js';
import type { PulledBack } from './pull-back.js';
import type { Reverse } from './reverse.js';
import type { StepRecord, Stepper, Tolerance } from './stepper.js';
import type { System } from './system.js';
import { RosenbrockReverse } from './rosenbrock/reverse.js';
import { RosenbrockStepper } from './rosenbrock/stepper.js';
import type { RosenbrockTableau } from './rosenbrock/tableau.js';
import type { Tableau } from './tableau.js';
import { tapedWalk } from './taped-walk.js';
import { TensorReverse } from './tensor-reverse.js';
import { TensorStepper } from './tensor-stepper.js';
import { timeTensor } from './times.js';

/** A number, or a scalar tensor that gradients flow to. */
export type Time = number | Tensor;

/** Where a solve ended, and how it got there. */
export interface Solved {
  /** `[rows, width]` */
  readonly y: Tensor;
  /** `[rows, quadratures]`, or null */
  readonly q: Tensor | null;
  readonly walk: Walk & { readonly evaluations: number };
}

/** What may be asked of a walk. */
export type Watch = Partial<Pick<Route, 'stops' | 'onStep' | 'isDone'>>;

/**
 * Solves one system over and over, with gradients with respect to the start, the inputs, the variables of the system and
 * the two times.
 */
export class Solver {
  readonly #system: System;
  readonly #options: SolverOptions;
  readonly #method: Tableau | RosenbrockTableau;
  readonly #plans: Plans | null;

  /** @param lasting whether there will be many solves, for which it pays to prepare; then it has to be disposed of */
  constructor(system: System, options: SolverOptions, { lasting }: { readonly lasting: boolean }) {
    this.#system = system;
    this.#options = options;
    this.#method = METHODS[options.method];
    this.#plans = lasting ? new Plans(system) : null;
  }

  /**
   * The solution at `to` that is `y` at `from`.
   *
   * @param y `[rows, width]`
   * @param inputs `[rows, ...]` each
   * @param watch what happens on the way, where no gradients are taken
   * @throws FlowNumericsError as {@link integrate} does.
   */
  solve(y: Tensor, inputs: readonly Tensor[], from: Time, to: Time, watch: Watch = {}): Solved {
    const { gradientDepth } = tf.engine().state;
    if (gradientDepth === 0) return this.#plain(y, inputs, valueOf(from), valueOf(to), watch);
    if (gradientDepth > 1 || this.#options.gradient === 'direct') return this.#direct(y, inputs, from, to);
    return this.#byAdjoint(y, inputs, from, to);
  }

  /** Frees what is kept prepared for the next solve. */
  dispose(): void {
    this.#plans?.dispose();
  }

  #plain(y: Tensor, inputs: readonly Tensor[], from: number, to: number, watch: Watch): Solved {
    const stepper = this.#stepper('forward', this.#system, y, inputs, this.#tolerance());
    try {
      const walk = this.#walk(stepper, from, to, 'forward', watch);
      const { y: end, q } = stepper.state();
      return { y: end, q, walk };
    } finally {
      stepper.dispose();
    }
  }

  /** Steps of the lengths that the error control chooses, differentiated through by TF.js. */
  #direct(y: Tensor, inputs: readonly Tensor[], from: Time, to: Time): Solved {
    const records: StepRecord[] = [];
    const walk = offTape(() => {
      const stepper = this.#stepper('forward', this.#system, y, inputs, this.#tolerance());
      try {
        const onStep = (record: StepRecord) => records.push(record);
        return this.#walk(stepper, valueOf(from), valueOf(to), 'forward', { onStep });
      } finally {
        stepper.dispose();
        for (const record of records) record.dispose();
      }
    });
    return { ...this.#taped(records, y, inputs, from, to), walk };
  }

  /** Times that are tensors enter as moves along the slope, `f · (t − value of t)`, whose value is zero. */
  #taped(steps: readonly StepRecord[], y: Tensor, inputs: readonly Tensor[], from: Time, to: Time) {
    const moves = (time: Time, at: Tensor): Tensor[] | null => {
      if (typeof time === 'number') return null;
      const slopes = this.#system.derivative(timeTensor(Float64Array.of(valueOf(time))), at, inputs);
      return slopes.map((slope) => tf.mul(slope, tf.sub(time, valueOf(time))));
    };
    const start = moves(from, y);
    const walked = tapedWalk(this.#method, this.#system, steps, start ? tf.sub(y, start[0]) : y, inputs);
    const end = walked.y;
    const q = walked.q && start ? tf.sub(walked.q, start[1]) : walked.q;
    const stop = moves(to, end);
    return stop ? { y: tf.add(end, stop[0]), q: q && tf.add(q, stop[1]) } : { y: end, q };
  }

  #byAdjoint(y: Tensor, inputs: readonly Tensor[], from: Time, to: Time): Solved {
    const { width, quadratures, variables } = this.#system;
    const stored = this.#options.gradient === 'checkpointed';
    const [start, stop] = [valueOf(from), valueOf(to)];
    let walk: Solved['walk'] | null = null;
    const ends = [from, to].filter((time) => typeof time !== 'number');
    const sources = [y, ...inputs, ...(variables as readonly Tensor[]), ...ends];
    const packed = tf.customGrad((...args) => {
      const save = args.at(-1) as unknown as (tensors: Tensor[]) => void;
      const records: StepRecord[] = [];
      const state = offTape(() => {
        const stepper = this.#stepper('forward', this.#system, y, inputs, this.#tolerance(), stored);
        try {
          walk = this.#walk(stepper, start, stop, 'forward', stored ? { onStep: (record) => records.push(record) } : {}); // prettier-ignore
          return stepper.state();
        } finally {
          stepper.dispose();
        }
      });
      const value = state.q ? tf.concat([state.y, state.q], 1) : state.y;
      save([y, ...inputs, state.y, ...records.flatMap(({ tensors }) => tensors)]);
      for (const record of records) record.dispose();
      return {
        value,
        gradFunc: (upstream: Tensor, saved: Tensor[]) => {
          const [y0, ...rest] = saved;
          const own = rest.slice(0, inputs.length);
          const end = rest[inputs.length];
          let next = inputs.length + 1;
          const dy = tf.slice(upstream, [0, 0], [-1, width]);
          const dq = quadratures > 0 ? tf.slice(upstream, [0, width], [-1, quadratures]) : null;
          const kept = records.map((record) => record.withTensors(rest.slice(next, (next += record.tensors.length))));
          return offTape(() => {
            const pulled = stored
              ? this.#backThrough(kept, own, dy, dq)
              : this.#backByAdjoint(end, own, dy, dq, start, stop);
            const endGradients = [
              ...(typeof from === 'number' ? [] : [tf.neg(this.#timeGradient(start, y0, own, pulled.y, dq))]),
              ...(typeof to === 'number' ? [] : [this.#timeGradient(stop, end, own, dy, dq)]),
            ];
            return [pulled.y, ...pulled.inputs, ...pulled.variables, ...endGradients];
          });
        },
      };
    })(...sources);
    if (quadratures === 0) return { y: packed, q: null, walk: walk! };
    const [end, q] = tf.split(packed, [width, quadratures], 1);
    return { y: end, q, walk: walk! };
  }

  #backThrough(records: readonly StepRecord[], inputs: readonly Tensor[], dy: Tensor, dq: Tensor | null): PulledBack {
    const reverse = this.#reverse(records, inputs, dy, dq);
    try {
      for (const record of records.toReversed()) reverse.back(record);
      countEvaluations('backward', reverse.evaluations);
      return reverse.result();
    } finally {
      reverse.dispose();
    }
  }

  #backByAdjoint(
    end: Tensor,
    inputs: readonly Tensor[],
    dy: Tensor,
    dq: Tensor | null,
    from: number,
    to: number,
  ): PulledBack {
    const system = new AdjointSystem(this.#system, inputs.map(({ shape }) => shape.slice(1))); // prettier-ignore
    const stepper = this.#stepper('backward', system, tf.concat([end, dy], 1), dq ? [...inputs, dq] : inputs, {
      ...this.#tolerance(),
      quadratures: 0,
    });
    try {
      this.#walk(stepper, to, from, 'backward');
      return system.read(stepper.state());
    } finally {
      stepper.dispose();
    }
  }

  /** `Σ (dy · f + dq · g)` at a time. */
  #timeGradient(time: number, y: Tensor, inputs: readonly Tensor[], dy: Tensor, dq: Tensor | null): Tensor {
    countEvaluations('backward', 1);
    return tf.tidy(() => {
      const [f, g] = this.#system.derivative(timeTensor(Float64Array.of(time)), y, inputs);
      const sum = tf.sum(tf.mul(dy, f));
      return dq ? tf.add(sum, tf.sum(tf.mul(dq, g))) : sum;
    });
  }

  #walk(
    stepper: Stepper,
    from: number,
    to: number,
    direction: Direction,
    { stops = [], onStep, isDone }: Watch = {},
  ): Solved['walk'] {
    const { grouping, steps, firstStep, maxSteps, control, where } = this.#options;
    const walk = integrate(stepper, {
      from,
      to,
      stops: stops.filter((time) => time !== from && time !== to),
      // Sums over rows need one step for all.
      grouping: direction === 'backward' && grouping === 'per-row' ? 'worst-row' : grouping,
      stepSize: steps === null ? null : (to - from) / steps,
      firstStep,
      maxSteps,
      control,
      where,
      onStep,
      isDone,
    });
    countEvaluations(direction, stepper.evaluations);
    return { ...walk, evaluations: stepper.evaluations };
  }

  #tolerance(): Tolerance {
    const { rtol, atol, watched } = this.#options;
    return { rtol, atol, quadratures: Math.min(watched, this.#system.quadratures) };
  }

  /** @param returns whether there will be a way back through its steps */
  #stepper(
    direction: Direction,
    system: System,
    y: Tensor,
    inputs: readonly Tensor[],
    tolerance: Tolerance,
    returns = false,
  ): Stepper {
    const timePerRow = direction === 'forward' && this.#options.grouping === 'per-row';
    const method = this.#method;
    if (isImplicit(method)) return new RosenbrockStepper(method, system, y, inputs, tolerance);
    const planned = this.#plans?.stepper(direction, { method, system, tolerance, timePerRow }, y, inputs, returns);
    return planned ?? new TensorStepper(method, system, y, inputs, tolerance);
  }

  #reverse(records: readonly StepRecord[], inputs: readonly Tensor[], dy: Tensor, dq: Tensor | null): Reverse {
    const [method, system] = [this.#method, this.#system];
    if (isImplicit(method)) return new RosenbrockReverse(method, system, inputs, dy, dq);
    const plan = { method, system, tolerance: this.#tolerance(), timePerRow: this.#options.grouping === 'per-row' };
    const ownRecords = records.every((record) => record instanceof PlannedRecord);
    const planned = ownRecords ? this.#plans?.reverse(plan, inputs, dy, dq) : null;
    return planned ?? new TensorReverse(method, system, inputs, dy, dq);
  }
}

type Direction = 'forward' | 'backward';

function valueOf(time: Time): number {
  return typeof time === 'number' ? time : (time.dataSync()[0] as number);
}
