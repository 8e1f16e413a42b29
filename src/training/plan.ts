import type { Distribution } from '../distributions/distribution.js';
import { FlowConfigError, FlowDataError } from '../errors.js';
import { RandomStream } from '../random.js';
import { MemoryTable } from './data/memory-table.js';
import { readTable, type FitData } from './data/read.js';
import { SourceTable } from './data/source-table.js';
import type { Table } from './data/table.js';
import { negativeLogLikelihood } from './objectives/negative-log-likelihood.js';
import type { Objective } from './objectives/objective.js';
import { Adam } from './optimizers/adam.js';
import { Optimizer } from './optimizers/optimizer.js';
import type { CheckpointOptions, EarlyStoppingOptions, FitCallbacks, FitOptions } from './options.js';
import { constant } from './schedules/constant.js';
import type { LearningRateSchedule } from './schedules/schedule.js';

/** Everything a run does not change: its options with all defaults filled in, and its data. */
export interface Plan {
  readonly table: Table;
  readonly validation: Table | null;
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  /** What the caller counted in. */
  readonly limit: 'epochs' | 'steps';
  readonly root: RandomStream;
  readonly objective: Objective;
  /** What validation goes by. */
  readonly judge: Objective;
  readonly optimizer: Optimizer;
  readonly learningRate: number;
  readonly schedule: LearningRateSchedule;
  readonly clipNorm: number | null;
  readonly earlyStopping: Required<EarlyStoppingOptions> | null;
  readonly keepBest: boolean;
  readonly ema: number | null;
  readonly initialize: boolean;
  readonly callbacks: FitCallbacks;
  readonly signal: AbortSignal | null;
  readonly checkpoint: CheckpointPlan | null;
}

/** {@link CheckpointOptions} with defaults filled in. */
export interface CheckpointPlan {
  readonly url: string;
  readonly unit: 'epochs' | 'steps';
  readonly every: number;
  readonly resume: boolean;
}

const DEFAULT_BATCH_SIZE = 256;
const DEFAULT_EPOCHS = 100;
const DEFAULT_STEPS_PER_EPOCH = 100;

/**
 * Checks the options and reads the data.
 *
 * @param data null where the objective makes its own rows
 * @throws FlowConfigError for an option out of range, or two that exclude each other.
 * @throws FlowShapeError or FlowDataError for data that cannot be used.
 */
export async function makePlan(model: Distribution, data: FitData | null, options: FitOptions): Promise<Plan> {
  const { optimizer = new Adam(), learningRate = optimizer.learningRate, ema = null, clipNorm = null } = options;
  if (!(optimizer instanceof Optimizer)) {
    throw new FlowConfigError('fit.optimizer', { expected: 'an Optimizer, such as new Adam()', got: typeof optimizer });
  }
  const hasValidation = options.validation !== undefined;
  const { keepBest = hasValidation } = options;
  check('learningRate', learningRate, learningRate > 0 && learningRate < Infinity, 'a positive number');
  check('clipNorm', clipNorm, clipNorm === null || clipNorm > 0, 'a positive number');
  check('ema', ema, ema === null || (ema > 0 && ema < 1), 'a decay in (0, 1)');
  checkCounts(options);
  if (!hasValidation && (keepBest || options.earlyStopping)) {
    throw new FlowConfigError(keepBest ? 'fit.keepBest' : 'fit.earlyStopping', {
      expected: '`validation` beside it',
      got: 'none',
      hint: 'Pass rows to validate on, or a fraction such as `validation: 0.1`; without data, a number of draws.',
    });
  }
  const root = RandomStream.from(options.seed ?? 0);
  const { table, validation } =
    data === null ? sourceTables(model, options, root) : await readTables(model, data, options, root);
  const batchSize = options.batchSize ?? Math.min(DEFAULT_BATCH_SIZE, table.rows);
  if (batchSize > table.rows) {
    throw new FlowConfigError('fit.batchSize', {
      expected: `at most the number of training rows, ${table.rows}`,
      got: String(batchSize),
      hint: 'Leave it out to train on all rows at once where they are few.',
    });
  }
  const stepsPerEpoch = Math.ceil(table.rows / batchSize);
  return {
    table,
    validation,
    batchSize,
    stepsPerEpoch,
    totalSteps: options.steps ?? (options.epochs ?? DEFAULT_EPOCHS) * stepsPerEpoch,
    limit: options.steps === undefined ? 'epochs' : 'steps',
    root,
    objective: options.objective ?? negativeLogLikelihood,
    judge: (data === null ? options.objective?.judge : null) ?? options.objective ?? negativeLogLikelihood,
    optimizer,
    learningRate,
    schedule: options.schedule ?? constant(),
    clipNorm,
    earlyStopping: options.earlyStopping ? { minDelta: 0, ...options.earlyStopping } : null,
    keepBest,
    ema,
    initialize: options.initialize ?? true,
    callbacks: options.callbacks ?? {},
    signal: options.signal ?? null,
    checkpoint: options.checkpoint ? planCheckpoints(options.checkpoint) : null,
  };
}

/** Tables of an objective that makes its rows itself. */
function sourceTables(model: Distribution, options: FitOptions, root: RandomStream) {
  const { objective, validation, stepsPerEpoch = DEFAULT_STEPS_PER_EPOCH, batchSize = DEFAULT_BATCH_SIZE } = options;
  if (!objective?.source) {
    throw new FlowDataError('fit', {
      expected: 'data',
      got: 'none',
      hint: 'Only objectives on an energy, such as reverseKl(energy), do without.',
    });
  }
  checkCount('stepsPerEpoch', stepsPerEpoch);
  const { contextShape } = model;
  const shapes = { eventShape: (objective.rows?.(model) ?? model).eventShape, contextShape };
  const targetShape = objective.targetShape?.(model) ?? null;
  const fixed = root.split('validation rows');
  const table = new SourceTable(objective.source(model), stepsPerEpoch * batchSize, { ...shapes, targetShape }, fixed);
  if (validation === undefined) return { table, validation: null };
  if (typeof validation !== 'number' || !Number.isInteger(validation) || validation < 1) {
    throw new FlowConfigError('fit.validation', {
      expected: 'a whole number of draws, as there are no data',
      got: typeof validation === 'number' ? String(validation) : 'rows',
    });
  }
  const judge = objective.judge ?? objective;
  const own = { eventShape: (judge.rows?.(model) ?? model).eventShape, contextShape };
  return { table, validation: new SourceTable(judge.source!(model), validation, own, fixed) };
}

async function readTables(model: Distribution, data: FitData, options: FitOptions, root: RandomStream) {
  const { validation, allowConstant = false, objective, stepsPerEpoch } = options;
  if (stepsPerEpoch !== undefined) {
    throw new FlowConfigError('fit.stepsPerEpoch', {
      expected: 'none, as there are data',
      got: String(stepsPerEpoch),
      hint: 'An epoch is one pass over them.',
    });
  }
  const { contextShape } = model;
  const { eventShape, support, discrete, unitVectors } = objective?.rows?.(model) ?? model;
  const targetShape = objective?.targetShape?.(model) ?? null;
  const expected = { eventShape, contextShape, targetShape, support, allowConstant, discrete, unitVectors };
  const table = await readTable(data, expected, { training: true, where: 'fit', name: 'data' });
  if (validation === undefined) return { table, validation: null };
  if (typeof validation === 'number') {
    if (table instanceof MemoryTable) {
      const [training, held] = table.split(validation, root.split('validation rows'), 'fit.validation');
      return { table: training, validation: held };
    }
    throw new FlowConfigError('fit.validation', {
      expected: 'rows to validate on',
      got: `the fraction ${validation} of a stream`,
      hint: 'A stream cannot be split; pass a second one.',
    });
  }
  const held = await readTable(validation, expected, { training: false, where: 'fit', name: 'validation' });
  return { table, validation: held };
}

function checkCounts({ epochs, steps, batchSize, earlyStopping }: FitOptions): void {
  if (epochs !== undefined && steps !== undefined) {
    throw new FlowConfigError('fit', { expected: '`epochs` or `steps`', got: 'both' });
  }
  for (const [name, count] of Object.entries({
    epochs,
    steps,
    batchSize,
    'earlyStopping.patience': earlyStopping?.patience,
  })) {
    // prettier-ignore
    if (count !== undefined) checkCount(name, count);
  }
  if (earlyStopping) {
    checkCount('earlyStopping.patience', earlyStopping.patience);
    const { minDelta = 0 } = earlyStopping;
    check('earlyStopping.minDelta', minDelta, minDelta >= 0, 'zero or a positive number');
  }
}

function planCheckpoints({ url, every = 1, resume = true }: CheckpointOptions): CheckpointPlan {
  check('checkpoint.url', url, typeof url === 'string', 'a URL such as "file://runs/demo"');
  const [unit, count] =
    typeof every === 'number' ? (['epochs', every] as const)
    : 'steps' in every ? (['steps', every.steps] as const)
    : (['epochs', every.epochs] as const); // prettier-ignore
  checkCount('checkpoint.every', count);
  return { url, unit, every: count, resume };
}

function checkCount(name: string, value: number): void {
  check(name, value, Number.isInteger(value) && value > 0, 'a positive whole number');
}

function check(name: string, value: unknown, valid: boolean, expected: string): void {
  if (!valid) throw new FlowConfigError(`fit.${name}`, { expected, got: String(value) });
}
