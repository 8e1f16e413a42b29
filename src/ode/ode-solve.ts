import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { FlowConfigError, FlowShapeError } from '../errors.js';
import { formatShape, type Shape } from '../shapes.js';
import { EventFinder } from './event-finder.js';
import { FunctionSystem, type RightHandSide } from './function-system.js';
import { checkSolver, type SolverSettings } from './options.js';
import { SavedStates } from './saved-states.js';
import { Solver } from './solver.js';
import type { StepRecord } from './stepper.js';
import { floatBefore, type Times } from './times.js';

/** Options of {@link odeSolve}. */
export interface OdeOptions<Y extends Tensor | Tensor[]> extends SolverSettings {
  /** Default: 0. */
  readonly from?: number;
  /** May lie before `from`. */
  readonly to: number;
  /** Times at which to give the solution too, in the order in which it passes them. */
  readonly saveAt?: readonly number[];
  /** Times that steps end on exactly, such as those at which `f` jumps. */
  readonly stopAt?: readonly number[];
  /**
   * Ends each row at the time when this first changes its sign, by the dense output: one number a row, `[batch]`. `t` is
   * `[batch, 1, ...]`. No gradients flow through it.
   */
  readonly event?: (t: Tensor, y: Y) => Tensor;
  /** Constants of the solve that gradients flow to, `[batch, ...]` each; `f` gets them. */
  readonly inputs?: readonly Tensor[];
  /** Variables that `f` reads and gradients flow to. */
  readonly variables?: readonly Variable[];
}

/** What {@link odeSolve} returns. Tensors belong to the caller. */
export interface OdeSolution<Y extends Tensor | Tensor[]> {
  /** At the end, or for rows with an event at the time of that. */
  readonly y: Y;
  /** At each time of `saveAt`. */
  readonly saved: readonly Y[];
  /** When each row ended. */
  readonly times: Float64Array;
  /** Which rows ended with an event. */
  readonly events: readonly boolean[];
  /** Steps that were accepted, of the row that needed most. */
  readonly steps: number;
  /** Steps that were tried in vain, likewise. */
  readonly rejected: number;
  /** Evaluations of `f`. */
  readonly evaluations: number;
}

/**
 * Solves `dy/dt = f(t, y)` for a batch of initial values, forward or backward in time, on any backend; gradients flow to
 * `y0`, `inputs` and `variables`.
 *
 * `f` may compare, as in `tf.where(tf.less(t, 0.5), ...)`: the derivative of a comparison is zero. Where `f` jumps at a known
 * time, `stopAt` spares the solver the search for it.
 *
 * @param y0 `[batch, ...]`, or a list of such parts
 * @throws FlowConfigError for options out of range, or when `from` is `to`.
 * @throws FlowShapeError when `f` does not give what is like `y`.
 * @throws FlowNumericsError when `f` is not finite (with time and row), steps become too short, or there are too many.
 *
 * @example
 * // A harmonic oscillator, one period.
 * const { y } = odeSolve((t, [x, v]) => [v, tf.neg(x)], [tf.ones([1]), tf.zeros([1])], { to: 2 * Math.PI });
 */
export function odeSolve<Y extends Tensor | Tensor[]>(
  f: RightHandSide<Y>,
  y0: Y,
  options: OdeOptions<Y>,
): OdeSolution<Y> {
  const where = 'odeSolve';
  const { from = 0, to, saveAt = [], stopAt = [], event, inputs = [], variables = [] } = options;
  const settings = checkSolver(where, options);
  const parts: readonly Tensor[] = Array.isArray(y0) ? y0 : [y0];
  const shapes = checkParts(where, parts, inputs);
  const direction = checkTimes(where, from, to, { saveAt, stopAt });
  const asOwn = (list: Tensor[]) => (Array.isArray(y0) ? list : list[0]) as Y;
  const system = new FunctionSystem(
    (t, y, given) => {
      const slopes = f(t, asOwn(y), given);
      return Array.isArray(slopes) ? slopes : [slopes];
    },
    shapes,
    variables,
    where,
  );
  const differentiable = tf.engine().state.gradientDepth > 0;
  if (differentiable && event) {
    throw new FlowConfigError(`${where}.event`, { expected: 'no event where gradients are taken', got: 'one' });
  }
  let report: Omit<OdeSolution<Y>, 'y' | 'saved'> | null = null;
  const tensors = tf.tidy(() => {
    const start = system.pack(parts);
    const rows = start.shape[0];
    const solver = new Solver(system, settings, { lasting: false });
    const passed: Tensor[] = [];
    const walk = { steps: 0, rejected: 0, evaluations: 0 };
    let end: Tensor = start;
    const finder = event && new EventFinder((t, y) => event(expand(t, shapes[0]), asOwn(system.unpack(y))), start, from); // prettier-ignore
    const go = (y: Tensor, begin: number, stop: number, extra: Parameters<Solver['solve']>[4] = {}) => {
      const solved = solver.solve(y, inputs, begin, stop, extra);
      walk.steps += solved.walk.steps;
      walk.rejected += solved.walk.rejected;
      walk.evaluations += solved.walk.evaluations;
      return solved.y;
    };
    if (rows === 0) {
      passed.push(...saveAt.map(() => start));
    } else if (differentiable) {
      // Steps end on every time that is asked for, so that gradients flow to it.
      let time = from;
      const marks = [...new Set([...saveAt, ...stopAt, to])].sort((a, b) => direction * (a - b));
      const states = new Map<number, Tensor>([[from, start]]);
      for (const mark of marks) {
        const stop = stopAt.includes(mark) ? floatBefore(mark, direction) : mark;
        if (mark !== time) states.set(mark, (end = go(end, time, stop)));
        time = mark;
      }
      passed.push(...saveAt.map((mark) => states.get(mark)!));
    } else {
      const saver = saveAt.length > 0 ? new SavedStates(saveAt, start, from) : null;
      const onStep = (record: StepRecord, reached: Times) => {
        saver?.pass(record, reached);
        finder?.pass(record);
        record.dispose();
      };
      const watched = saver || finder;
      end = go(start, from, to, {
        stops: stopAt,
        ...(watched ? { onStep } : {}),
        ...(finder ? { isDone: (group) => finder.isDone(settings.grouping === 'per-row' ? group : null) } : {}),
      });
      if (finder) end = finder.replaceIn(end);
      passed.push(...(saver?.tensors() ?? []));
    }
    const happened = Array.from({ length: rows }, (_, row) => finder !== undefined && !Number.isNaN(finder.times[row]));
    const times = Float64Array.from(happened, (yes, row) => (yes ? finder!.times[row] : to));
    report = { times, events: happened, ...walk };
    return [end, ...passed].map((y) => system.unpack(y).map((part) => tf.clone(part)));
  });
  const [y, ...saved] = tensors.map(asOwn);
  return { y, saved, ...report! };
}

/** Times of rows, `[rows, 1]`, with as many axes as the first part. */
function expand(t: Tensor, shape: Shape): Tensor {
  return tf.reshape(t, [t.shape[0], ...shape.map(() => 1)]);
}

function checkParts(where: string, parts: readonly Tensor[], inputs: readonly Tensor[]): Shape[] {
  const rows = parts[0]?.shape[0];
  if (rows === undefined || [...parts, ...inputs].some(({ shape }) => shape.length === 0 || shape[0] !== rows)) {
    throw new FlowShapeError(where, {
      expected: 'y0 and inputs with one batch axis, of one length, in front',
      got: [...parts, ...inputs].map(({ shape }) => formatShape(shape)).join(', ') || 'nothing',
    });
  }
  return parts.map(({ shape }) => shape.slice(1));
}

/** @returns 1 forward in time, -1 backward */
function checkTimes(
  where: string,
  from: number,
  to: number,
  lists: Readonly<Record<string, readonly number[]>>,
): number {
  if (!Number.isFinite(from) || !Number.isFinite(to) || from === to) {
    throw new FlowConfigError(`${where}.to`, {
      expected: 'two different finite times `from` and `to`',
      got: `${from} and ${to}`,
    });
  }
  const direction = Math.sign(to - from);
  for (const [name, times] of Object.entries(lists)) {
    const wrong = times.findIndex((time, i) => {
      const inside = direction * (time - from) >= 0 && direction * (to - time) >= 0;
      return !inside || (i > 0 && direction * (time - times[i - 1]) <= 0);
    });
    if (wrong < 0) continue;
    throw new FlowConfigError(`${where}.${name}`, {
      expected: `times from ${from} to ${to}, in that order`,
      got: `${times[wrong]} at index ${wrong}`,
    });
  }
  return direction;
}
