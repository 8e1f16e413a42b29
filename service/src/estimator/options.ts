import { FlowConfigError, type Seed } from 'tfjs-flows';
import type { ColumnOverride } from '../columns/spec.js';
import { MODEL_NAMES, type ModelName } from './model-names.js';

/** What happens to rows with missing values. */
export type MissingPolicy = 'refuse' | 'impute' | 'marginalise';

/** Options of `DensityEstimator`. */
export interface EstimatorOptions {
  /** What columns hold, where that should not be inferred. */
  readonly columns?: Readonly<Record<string, ColumnOverride>>;
  /** Columns whose density is not modelled, and on which that of the others depends. Default: none. */
  readonly conditionOn?: readonly string[];
  /**
   * `refuse` missing values (default); or fill them in training by draws of a normal distribution fitted to all values there
   * are, and score rows with gaps as if these were filled (`impute`), or by the density of what is there (`marginalise`).
   */
  readonly missing?: MissingPolicy;
  /** Default: `auto`, the one that scores the held-out rows best of those tried within the time budget. */
  readonly model?: ModelName | 'auto';
  /** Seconds of training, shared by the models tried. Default: 60. */
  readonly timeBudget?: number;
  /** Passes over the rows at most; training stops before when held-out rows get no better. Default: 200. */
  readonly epochs?: number;
  /** Rows a step. Default: 256. */
  readonly batchSize?: number;
  /** Default: 1e-3. */
  readonly learningRate?: number;
  /** Share of the rows that is held out, to stop, to choose and to calibrate by. Default: 0.1. */
  readonly validation?: number;
  /**
   * Points of each cell (integers, categories, rounded numbers), and fillings of gaps, over which a density is averaged.
   * Default: 32.
   */
  readonly samples?: number;
  /** Default: 0. */
  readonly seed?: Seed;
}

/** The options with their defaults. */
export type FullOptions = Required<EstimatorOptions>;

/** @throws FlowConfigError for values that no option can have. */
export function completed(options: EstimatorOptions): FullOptions {
  const full: FullOptions = {
    columns: {},
    conditionOn: [],
    missing: 'refuse',
    model: 'auto',
    timeBudget: 60,
    epochs: 200,
    batchSize: 256,
    learningRate: 1e-3,
    validation: 0.1,
    samples: 32,
    seed: 0,
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
  };
  oneOf('missing', full.missing, ['refuse', 'impute', 'marginalise']);
  oneOf('model', full.model, ['auto', ...MODEL_NAMES]);
  within('timeBudget', full.timeBudget, full.timeBudget > 0, 'a positive number of seconds');
  within('learningRate', full.learningRate, full.learningRate > 0, 'a positive number');
  within('validation', full.validation, full.validation > 0 && full.validation < 1, 'a share between 0 and 1');
  for (const name of ['epochs', 'batchSize', 'samples'] as const) {
    within(name, full[name], Number.isInteger(full[name]) && full[name] > 0, 'a positive integer');
  }
  return full;
}

function oneOf(name: string, value: string, allowed: readonly string[]): void {
  within(name, value, allowed.includes(value), allowed.map((choice) => `'${choice}'`).join(', '));
}

function within(name: string, value: unknown, ok: boolean, expected: string): void {
  if (!ok) throw new FlowConfigError(`DensityEstimator.${name}`, { expected, got: String(value) });
}
