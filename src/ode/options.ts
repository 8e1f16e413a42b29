import { FlowConfigError } from '../errors.js';
import type { Grouping } from './integrate.js';
import { isImplicit, METHODS, type SolverMethod } from './methods.js';
import { checkStepControl, type StepControlOptions } from './step-control.js';

/**
 * How gradients get through a solve:
 *
 * - `checkpointed`: back through the steps taken, one vector-Jacobian product a stage; exact for the numerical solution,
 *   with the states and slopes of all steps in memory;
 * - `adjoint`: the continuous adjoint, integrated backward beside the solution itself; memory does not grow with the steps,
 *   the gradient is exact up to the tolerances;
 * - `direct`: TF.js differentiates through every operation of every step; what `checkpointed` gives, with all activations
 *   in memory. Derivatives of higher order always go this way.
 */
export type GradientMethod = 'checkpointed' | 'adjoint' | 'direct';

/** How to solve a system of ordinary differential equations. */
export interface SolverSettings {
  /** Default: `dopri5`. For stiff systems: `rosenbrock23`, or `rodas4` for tolerances below some 1e-4. */
  readonly method?: SolverMethod;
  /** Relative tolerance of each step. Default: 1e-5; float32 meets no less than about 1e-6. */
  readonly rtol?: number;
  /** Absolute tolerance of each step. Default: 1e-5. */
  readonly atol?: number;
  /** Which rows step together. Default: `batch`. */
  readonly grouping?: Grouping;
  /** Equal steps in place of error control; methods without an error estimate need it. Default: none. */
  readonly steps?: number | null;
  /** Length of the first step. Default: guessed. */
  readonly firstStep?: number | null;
  /** Steps, rejected ones included, after which a solve gives up. Default: 2000. */
  readonly maxSteps?: number;
  /** How the next step follows from the error of the last one. */
  readonly stepControl?: StepControlOptions;
  /** Default: `checkpointed`. */
  readonly gradient?: GradientMethod;
}

/** {@link SolverSettings} with defaults filled in. */
export interface SolverOptions {
  readonly method: SolverMethod;
  readonly rtol: number;
  readonly atol: number;
  readonly grouping: Grouping;
  readonly steps: number | null;
  readonly firstStep: number | null;
  readonly maxSteps: number;
  readonly control: Required<StepControlOptions>;
  readonly gradient: GradientMethod;
  /** How many of the quadratures the error control watches. */
  readonly watched: number;
  /** Name of the caller, for errors. */
  readonly where: string;
}

const GROUPINGS: readonly Grouping[] = ['batch', 'worst-row', 'per-row'];
const GRADIENTS: readonly GradientMethod[] = ['checkpointed', 'adjoint', 'direct'];

/** @throws FlowConfigError for an option out of range, or a method that cannot do what is asked. */
export function checkSolver(where: string, settings: SolverSettings, watched = Infinity): SolverOptions {
  const { method = 'dopri5', rtol = 1e-5, atol = 1e-5, grouping = 'batch', steps = null } = settings;
  const { firstStep = null, maxSteps = 2000, gradient = 'checkpointed' } = settings;
  const check = (name: string, value: unknown, valid: boolean, expected: string, hint?: string) => {
    if (!valid) throw new FlowConfigError(`${where}.${name}`, { expected, got: String(value), hint });
  };
  const oneOf = (name: string, value: string, list: readonly string[]) =>
    check(name, `"${value}"`, list.includes(value), `one of ${list.join(', ')}`);
  oneOf('method', method, Object.keys(METHODS));
  check('rtol', rtol, rtol > 0 && rtol < 1, 'a number in (0, 1)');
  check('atol', atol, atol > 0 && atol < Infinity, 'a positive number');
  oneOf('grouping', grouping, GROUPINGS);
  const isCount = (value: number) => Number.isInteger(value) && value > 0;
  check('steps', steps, steps === null || isCount(steps), 'a positive whole number');
  check(
    'steps',
    steps,
    steps !== null || METHODS[method].e !== null,
    `a number of equal steps, as ${method} has no error estimate`,
    'Or take a method that has one, such as dopri5.',
  );
  check('firstStep', firstStep, firstStep === null || (firstStep > 0 && firstStep < Infinity), 'a positive number');
  check('maxSteps', maxSteps, isCount(maxSteps), 'a positive whole number');
  check('maxSteps', maxSteps, steps === null || steps <= maxSteps, `at least the ${steps} equal steps asked for`);
  oneOf('gradient', gradient, GRADIENTS);
  check(
    'gradient',
    `"${gradient}"`,
    gradient !== 'adjoint' || !isImplicit(METHODS[method]),
    `"checkpointed" or "direct" with ${method}`,
    'The way back through the steps of an implicit method is exact, and keeps only the states that they start from.',
  );
  const control = checkStepControl(where, settings.stepControl);
  return { method, rtol, atol, grouping, steps, firstStep, maxSteps, control, gradient, watched, where };
}
