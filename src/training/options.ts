import type { FitData } from './data/read.js';
import type { EpochRecord, History, StepRecord } from './history.js';
import type { Objective } from './objectives/objective.js';
import type { Optimizer } from './optimizers/optimizer.js';
import type { LearningRateSchedule } from './schedules/schedule.js';
import type { RandomStream } from '../random.js';

/** Options of `fit`. */
export interface FitOptions {
  /** Passes over the data. Default: 100. Give this or `steps`. */
  readonly epochs?: number;
  /** Updates of the weights. */
  readonly steps?: number;
  /** Rows a step. Default: 256, or all rows where there are fewer. The last batch of an epoch may be smaller. */
  readonly batchSize?: number;
  /** Everything random in training follows from it: the order of rows, dropout, draws of objectives. Default: 0. */
  readonly seed?: string | number | RandomStream;
  /** Steps that count as an epoch where there are no data; otherwise an epoch is a pass over them. Default: 100. */
  readonly stepsPerEpoch?: number;
  /**
   * Rows to score the model on after each epoch, or the fraction of the training rows to hold out for it. Without data, the
   * number of draws, the same ones each time.
   */
  readonly validation?: FitData | number;
  /** What to make small. Default: the negative log-likelihood. */
  readonly objective?: Objective;
  /** Default: Adam with learning rate 1e-3. */
  readonly optimizer?: Optimizer;
  /** Overrides the learning rate of the optimizer. */
  readonly learningRate?: number;
  /** Factor on the learning rate. Default: constant. */
  readonly schedule?: LearningRateSchedule;
  /** Longest gradient (Euclidean norm over all parameters); longer ones are scaled down to it. Default: no limit. */
  readonly clipNorm?: number;
  /** Ends training when validation has not improved for a while. Needs `validation`. */
  readonly earlyStopping?: EarlyStoppingOptions;
  /** Ends with the weights of the best epoch rather than the last. Default: true with `validation`, else false. */
  readonly keepBest?: boolean;
  /**
   * Decay of an exponential moving average of the weights, in (0, 1), such as 0.999. The averaged weights are the ones
   * validated, and the ones the model ends with.
   */
  readonly ema?: number;
  /** Whether layers with data-dependent parameters set them from some thousand rows. Default: true. */
  readonly initialize?: boolean;
  /** Goes on although some columns never vary. Default: false. */
  readonly allowConstant?: boolean;
  /** Functions to call on the way. Default: none, and warnings go to `console.warn`. */
  readonly callbacks?: FitCallbacks;
  /** Stops training after the step in progress; `fit` still returns. */
  readonly signal?: AbortSignal;
  /** Writes the state of training now and then, and goes on from what is found there. */
  readonly checkpoint?: CheckpointOptions;
}

/** When to give up. */
export interface EarlyStoppingOptions {
  /** Epochs without improvement after which training ends. */
  readonly patience: number;
  /** Improvement, in units of the objective, below which an epoch counts as none. Default: 0. */
  readonly minDelta?: number;
}

/** Where and how often to write checkpoints. */
export interface CheckpointOptions {
  /** `file://folder` in Node, `indexeddb://name` in a browser, `memory://name` in both. */
  readonly url: string;
  /** Distance between two checkpoints; a number counts epochs. Default: 1. One is always written at the end. */
  readonly every?:
    | number
    | {
        /** Epochs from one to the next. */
        readonly epochs: number;
      }
    | {
        /** Steps from one to the next. */
        readonly steps: number;
      };
  /** Whether to go on from a checkpoint found there; if not, it is overwritten. Default: true. */
  readonly resume?: boolean;
}

/** What `fit` tells when it starts. */
export interface StartRecord {
  /** Training rows; where the objective makes its own, those of an epoch. */
  readonly rows: number;
  /** Trainable scalars. */
  readonly parameters: number;
  /** Steps there will be in all, unless training stops early. */
  readonly totalSteps: number;
  /** Steps taken before, by the run that is resumed. */
  readonly resumedAt: number;
}

/** Functions that `fit` calls and, where they return a promise, awaits. What they throw ends training. */
export interface FitCallbacks {
  /** Once, before the first step. */
  onStart?(start: StartRecord): void | Promise<void>;
  /** After every step. The weights are brought up to date before it, which costs time. */
  onStep?(step: StepRecord): void | Promise<void>;
  /** After every epoch and its validation. */
  onEpoch?(epoch: EpochRecord): void | Promise<void>;
  /** Once, with what `fit` returns. */
  onEnd?(history: History): void | Promise<void>;
  /** Takes warnings about the data. Default: `console.warn`. */
  onWarning?(warning: string): void | Promise<void>;
}
