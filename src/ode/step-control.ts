import { FlowConfigError } from '../errors.js';

/**
 * How step sizes follow from errors. With `r` the error of a step relative to the tolerance, `r'` that of the step before
 * and `k` the order of the error, the next step is longer by
 *
 * `safety · r^(-(integral + proportional)/k) · r'^(proportional/k)`
 *
 * between `shrink` and `grow`. The defaults are plain integral control; `integral: 0.3, proportional: 0.4` reacts more
 * calmly, which pays where a problem is mildly stiff (Gustafsson, "Control theoretic techniques for stepsize selection in
 * explicit Runge-Kutta methods", 1991).
 */
export interface StepControlOptions {
  /** Default: 1. */
  readonly integral?: number;
  /** Default: 0. */
  readonly proportional?: number;
  /** Default: 0.9. */
  readonly safety?: number;
  /** Least factor. Default: 0.2. */
  readonly shrink?: number;
  /** Largest factor. Default: 10. */
  readonly grow?: number;
}

/** The step sizes of one group of rows that step together. */
export class StepControl {
  readonly #options: Required<StepControlOptions>;
  readonly #errorOrder: number;
  #before = 1;

  constructor(options: Required<StepControlOptions>, errorOrder: number) {
    this.#options = options;
    this.#errorOrder = errorOrder;
  }

  /** Factor from the step just tried to the next, whose error was `ratio` times the tolerance. */
  next(ratio: number): number {
    const { integral, proportional, safety, shrink, grow } = this.#options;
    if (!Number.isFinite(ratio)) return shrink;
    if (ratio === 0) return grow;
    const k = this.#errorOrder + 1;
    const accepted = ratio <= 1;
    const factor = safety * ratio ** (-(integral + proportional) / k) * this.#before ** (proportional / k);
    if (accepted) this.#before = ratio;
    // A step that was good enough is no reason for a shorter one.
    return Math.min(grow, Math.max(factor, accepted ? 1 : shrink));
  }
}

/** @throws FlowConfigError for an option out of range. */
export function checkStepControl(where: string, options: StepControlOptions = {}): Required<StepControlOptions> {
  const { integral = 1, proportional = 0, safety = 0.9, shrink = 0.2, grow = 10 } = options;
  const check = (name: string, value: number, valid: boolean, expected: string) => {
    if (!valid) throw new FlowConfigError(`${where}.stepControl.${name}`, { expected, got: String(value) });
  };
  check('integral', integral, integral > 0 && integral <= 2, 'a number in (0, 2]');
  check('proportional', proportional, proportional >= 0 && proportional <= 2, 'a number in [0, 2]');
  check('safety', safety, safety > 0 && safety < 1, 'a number in (0, 1)');
  check('shrink', shrink, shrink > 0 && shrink < 1, 'a number in (0, 1)');
  check('grow', grow, grow > 1 && grow < Infinity, 'a number above 1');
  return { integral, proportional, safety, shrink, grow };
}
