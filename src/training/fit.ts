import type { Distribution } from '../distributions/distribution.js';
import type { FitData } from './data/read.js';
import type { History } from './history.js';
import type { FitOptions } from './options.js';
import type { Objective } from './objectives/objective.js';
import { makePlan } from './plan.js';
import { TrainingRun } from './training-run.js';

/** Options of `fit` without data: an objective that makes its own rows. */
export interface FitWithoutDataOptions extends FitOptions {
  readonly objective: Objective;
}

/**
 * Trains a model by an objective that makes its own rows, such as one on an energy.
 *
 * Equal options and seeds give equal weights on the same backend, bit for bit, whether a run went through or was stopped
 * and resumed from a checkpoint any number of times.
 *
 * @param model a flow, or any distribution with trainable parameters; its weights are changed
 * @param options the objective, how many steps, and how
 * @throws FlowDataError for an objective that needs rows.
 * @throws FlowConfigError for an option out of range, or a checkpoint of a run with other options.
 * @throws FlowNumericsError when loss or gradient stop being finite; the last good weights are back in place then.
 *
 * @example
 * const history = await fit(flow, { objective: reverseKl(energy), steps: 2000, validation: 4096 });
 * console.log(history.epochs.at(-1)!.effectiveSampleSize);
 */
export async function fit(model: Distribution, options: FitWithoutDataOptions): Promise<History>;
/**
 * Trains a model on data, by maximum likelihood unless another objective is given.
 *
 * Equal data, options and seeds give equal weights on the same backend, bit for bit, whether a run went through or was
 * stopped and resumed from a checkpoint any number of times.
 *
 * @param model a flow, or any distribution with trainable parameters; its weights are changed
 * @param data rows `[n, ...eventShape]` as a tensor or arrays, `{ x, context, targets }` of these, or a dataset
 * @param options how long and how; all have defaults
 * @throws FlowShapeError for data of the wrong rank or width.
 * @throws FlowDataError for data that cannot be used: not finite, constant columns, too few rows.
 * @throws FlowConfigError for an option out of range, or a checkpoint of a run with other options.
 * @throws FlowNumericsError when loss or gradient stop being finite; the last good weights are back in place then.
 *
 * @example
 * const history = await fit(flow, rows, { validation: 0.1, earlyStopping: { patience: 10 }, seed: 'demo' });
 * console.log(history.bestValidation, 'nats a row');
 */
export async function fit(model: Distribution, data: FitData, options?: FitOptions): Promise<History>;
export async function fit(
  model: Distribution,
  given: FitData | FitWithoutDataOptions,
  options: FitOptions = {},
): Promise<History> {
  const plan = isOptions(given) ? makePlan(model, null, given) : makePlan(model, given, options);
  const run = new TrainingRun(model, await plan);
  try {
    return await run.train();
  } finally {
    run.dispose();
  }
}

function isOptions(given: FitData | FitWithoutDataOptions): given is FitWithoutDataOptions {
  return typeof given === 'object' && given !== null && 'objective' in given;
}
