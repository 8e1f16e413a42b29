import type { Evaluations } from '../ode/evaluations.js';

/** One step of training. */
export interface StepRecord {
  /** Steps taken so far, this one included. */
  readonly step: number;
  /** Epoch it belongs to, from 1. */
  readonly epoch: number;
  /** Value of the objective on the batch, before the step. */
  readonly loss: number;
  /** Euclidean norm of the gradient of all parameters together, before clipping. */
  readonly gradientNorm: number;
  /** Of this step, the schedule applied. */
  readonly learningRate: number;
  /** Rows in the batch. */
  readonly rows: number;
}

/** One pass over the data. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Steps taken since training began. */
  readonly steps: number;
  /** Mean of the objective over the rows as they were trained on; nats a row for the negative log-likelihood. */
  readonly train: number;
  /** Mean of the objective over the validation rows after the epoch, or null without such rows. */
  readonly validation: number | null;
  /**
   * Effective sample size of the validation draws for the target of an objective on an energy, as a fraction of their
   * number; the mean over temperatures where there are several. Null for other objectives, and without validation.
   */
  readonly effectiveSampleSize: number | null;
  /** Learning rate of the last step. */
  readonly learningRate: number;
  /** Training rows a second, validation left out. */
  readonly rowsPerSecond: number;
  /** Evaluations of right-hand sides of a step on average, validation left out; null for a model without any. */
  readonly evaluations: Evaluations | null;
}

/**
 * Why training ended: all epochs or steps are done, validation stopped improving, or the caller's signal.
 */
export type StopReason = 'epochs' | 'steps' | 'early-stopping' | 'aborted';

/** What `fit` returns. */
export interface History {
  /** One record an epoch, in order; those before a resume included. */
  readonly epochs: readonly EpochRecord[];
  /** Epoch with the smallest validation loss, from 1; null without validation rows. */
  readonly bestEpoch: number | null;
  /** Validation loss of that epoch. */
  readonly bestValidation: number | null;
  /** Steps taken, those before a resume included. */
  readonly steps: number;
  /** Why training ended. */
  readonly stopped: StopReason;
  /** What was suspicious about the data: full sentences. */
  readonly warnings: readonly string[];
}
