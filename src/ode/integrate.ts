import { FlowNumericsError } from '../errors.js';
import { StepControl, type StepControlOptions } from './step-control.js';
import { at, floatBefore, type Times } from './times.js';
import type { StepRecord, Stepper } from './stepper.js';

/**
 * Which rows step together: all, by the root mean square of all errors (`batch`) or by the row with the largest
 * (`worst-row`); or each by itself (`per-row`), so that what else is in a batch changes nothing for it.
 */
export type Grouping = 'batch' | 'worst-row' | 'per-row';

/** What a walk along a solution needs to know. */
export interface Route {
  readonly from: number;
  readonly to: number;
  /**
   * Times between the two that steps end on, where the right-hand side may jump. A step that ends there sees it as it is
   * before: it ends at the last float32 number on the way.
   */
  readonly stops: readonly number[];
  readonly grouping: Grouping;
  /** Length of all steps, for a walk without error control; null with it. */
  readonly stepSize: number | null;
  /** Length of the first step; null to guess it. */
  readonly firstStep: number | null;
  readonly maxSteps: number;
  readonly control: Required<StepControlOptions>;
  /** Name of the caller, for errors. */
  readonly where: string;
  /**
   * Called after every step with its record, which it takes over, and the time that it led to; leave it out and no records
   * are made.
   */
  readonly onStep?: (record: StepRecord, end: Times) => void;
  /** Asked after every step, for each row with `per-row` and else for all together (0); true ends its walk. */
  readonly isDone?: (group: number) => boolean;
}

/** How a walk went. */
export interface Walk {
  /** Steps taken and steps tried in vain: those of the group that needed most. */
  readonly steps: number;
  readonly rejected: number;
}

/**
 * Moves a solution from one time to another, forward or backward.
 *
 * @throws FlowNumericsError when the right-hand side is not finite, steps become too short for float32 times, or there
 * would be more than `maxSteps`.
 */
export function integrate(stepper: Stepper, route: Route): Walk {
  const { from, to, grouping, maxSteps, control, where, onStep, isDone } = route;
  const count = grouping === 'per-row' ? stepper.rows : 1;
  const t = new Float64Array(count).fill(from);
  const direction = Math.sign(to - from);
  const targets = [...route.stops, to];
  const adaptive = route.stepSize === null;
  const first = stepper.begin(t);
  checkFinite(first.slope, t, where);
  const h = adaptive
    ? firstSteps(stepper, route, t, first)
    : new Float64Array(count).fill(direction * Math.abs(route.stepSize!));
  const controls = Array.from(t, () => new StepControl(control, stepper.method.errorOrder ?? stepper.method.order));
  const next = new Int32Array(count);
  const steps = new Int32Array(count);
  const rejected = new Int32Array(count);
  const moved = new Float64Array(count);
  const lands = new Uint8Array(count);
  for (;;) {
    let open = 0;
    for (let i = 0; i < count; i++) {
      moved[i] = 0;
      if (next[i] < targets.length && isDone?.(i)) next[i] = targets.length;
      if (next[i] === targets.length) continue;
      open++;
      const left = targets[next[i]] - t[i];
      // A last step that would leave a sliver is stretched a little.
      lands[i] = Math.abs(h[i]) >= Math.abs(left) * (1 - 1e-4) ? 1 : 0;
      moved[i] = lands[i] ? leap(t[i], targets[next[i]], next[i] < route.stops.length) : h[i];
      if (steps[i] + rejected[i] >= maxSteps) throw tooManySteps(where, maxSteps, t[i], count > 1 ? i : null);
      if (!lands[i] && Math.abs(moved[i]) < shortest(t[i])) {
        throw tooShort(where, t[i], moved[i], count > 1 ? i : null);
      }
    }
    if (open === 0) break;
    const errors = stepper.attempt(t, moved);
    const ratios = groupRatios(errors, grouping);
    const accepted = new Uint8Array(stepper.rows);
    let taken = 0;
    let jumps = false;
    for (let i = 0; i < count; i++) {
      if (moved[i] === 0) continue;
      const ratio = adaptive ? ratios[i] : 0;
      const good = ratio <= 1;
      if (!good && !Number.isFinite(ratio) && Math.abs(moved[i]) < 1e3 * shortest(t[i])) {
        throw notFinite(where, t[i], firstBad(errors, count > 1 ? i : null));
      }
      if (adaptive) {
        const proposed = moved[i] * controls[i].next(ratio);
        // That a step was cut short to land on a time says nothing against the length it would have had.
        h[i] = good && lands[i] && Math.abs(h[i]) > Math.abs(proposed) ? h[i] : proposed;
      }
      if (!good) {
        rejected[i]++;
        continue;
      }
      taken++;
      steps[i]++;
      if (count > 1) accepted[i] = 1;
      t[i] = lands[i] ? targets[next[i]] : t[i] + moved[i];
      if (!lands[i]) continue;
      next[i]++;
      jumps ||= next[i] < targets.length;
    }
    if (!adaptive) checkFinite(errors, t, where);
    if (taken === 0) continue;
    const record = stepper.accept(count > 1 && taken < count ? accepted : null, onStep !== undefined);
    if (record) onStep!(record, t.slice());
    if (jumps) stepper.begin(t);
  }
  return { steps: Math.max(0, ...steps), rejected: Math.max(0, ...rejected) };
}

/** Length of a step that lands on a time: up to the last float32 number before a stop. */
function leap(t: number, target: number, isStop: boolean): number {
  const left = target - t;
  const short = isStop ? floatBefore(target, left) - t : left;
  return short * left > 0 ? short : left;
}

/** The largest error of each group, relative to the tolerance. */
function groupRatios(squares: ArrayLike<number>, grouping: Grouping): Float64Array {
  if (grouping === 'per-row') return Float64Array.from(squares, Math.sqrt);
  let sum = 0;
  let most = 0;
  for (let i = 0; i < squares.length; i++) {
    sum += squares[i];
    if (!(squares[i] <= most)) most = squares[i];
  }
  return Float64Array.of(Math.sqrt(grouping === 'batch' ? sum / squares.length : most));
}

/**
 * Lengths of first steps by what `f` and its change along an Euler step allow (Hairer, Nørsett, Wanner, "Solving ordinary
 * differential equations I", section II.4).
 */
function firstSteps(
  stepper: Stepper,
  { from, to, grouping, firstStep }: Route,
  t: Times,
  norms: { readonly state: ArrayLike<number>; readonly slope: ArrayLike<number> },
): Times {
  const direction = Math.sign(to - from);
  if (firstStep !== null) return t.map(() => direction * Math.abs(firstStep));
  const d0 = groupRatios(norms.state, grouping);
  const d1 = groupRatios(norms.slope, grouping);
  const span = Math.abs(to - from);
  const trial = t.map((_, i) => direction * Math.min(span, d0[i] < 1e-5 || d1[i] < 1e-5 ? 1e-6 : (0.01 * d0[i]) / d1[i])); // prettier-ignore
  const d2 = groupRatios(stepper.probe(t, trial), grouping);
  return t.map((_, i) => {
    const h0 = Math.abs(trial[i]);
    const most = Math.max(d1[i], d2[i] / h0);
    const order = stepper.method.errorOrder ?? stepper.method.order;
    const h1 = most <= 1e-15 ? Math.max(1e-6, 1e-3 * h0) : (0.01 / most) ** (1 / (order + 1));
    return direction * Math.min(100 * h0, Number.isFinite(h1) ? h1 : h0, span);
  });
}

/** Below this length float32 times of stages cannot be told apart. */
function shortest(t: number): number {
  return Math.max(16 * 2 ** -24 * Math.abs(t), 1e-20);
}

/** @throws FlowNumericsError when a norm is not finite. */
function checkFinite(norms: ArrayLike<number>, t: Times, where: string): void {
  const row = firstBad(norms, null);
  if (row >= 0) throw notFinite(where, at(t, row), row);
}

/** The row whose norm is not finite: the one asked about, or the first. */
function firstBad(norms: ArrayLike<number>, row: number | null): number {
  return row ?? Array.from(norms).findIndex((norm) => !Number.isFinite(norm));
}

function notFinite(where: string, t: number, row: number): FlowNumericsError {
  return new FlowNumericsError(where, {
    expected: 'a vector field that is finite along the path',
    got: `a value that is not, at time ${Number(t.toPrecision(6))} in row ${row}`,
    row,
    hint: 'Look at this row, and whether the field grows without bounds.',
  });
}

function tooManySteps(where: string, maxSteps: number, t: number, row: number | null): FlowNumericsError {
  return new FlowNumericsError(where, {
    expected: `at most ${maxSteps} steps`,
    got: `time ${Number(t.toPrecision(6))} after as many${row === null ? '' : `, in row ${row}`}`,
    row,
    hint: 'Loosen the tolerances, take an implicit method if the problem is stiff, or raise `maxSteps`.',
  });
}

function tooShort(where: string, t: number, h: number, row: number | null): FlowNumericsError {
  return new FlowNumericsError(where, {
    expected: 'steps long enough to tell float32 times apart',
    got: `a step of ${h.toExponential(2)} at time ${Number(t.toPrecision(6))}${row === null ? '' : `, in row ${row}`}`,
    row,
    hint: 'The solution is too steep there, or the tolerances are too tight for float32.',
  });
}
