import type { EpochRecord } from './history.js';

/** Where a run stands; plain JSON, so that it goes into checkpoints as it is. */
export interface Progress {
  /** Epochs completed. */
  epoch: number;
  /** Steps taken of the epoch in progress. */
  stepInEpoch: number;
  /** Steps taken in all. */
  step: number;
  /** Sum of the objective over the rows of the epoch in progress. */
  lossSum: number;
  /** Rows trained on in the epoch in progress. */
  rows: number;
  /** Time spent training in the epoch in progress. */
  seconds: number;
  /** Evaluations of right-hand sides in the epoch in progress. */
  evaluations: { forward: number; backward: number };
  /** Learning rate of the last step. */
  learningRate: number;
  records: EpochRecord[];
  /** Epoch with the smallest validation loss, from 1. */
  bestEpoch: number | null;
  bestValidation: number;
  /** Validation loss that the next epoch has to beat by `minDelta`. */
  toBeat: number;
  /** Epochs since it was last beaten. */
  waited: number;
}

/** A run before its first step. */
export function startOfRun(): Progress {
  return {
    epoch: 0,
    stepInEpoch: 0,
    step: 0,
    lossSum: 0,
    rows: 0,
    seconds: 0,
    evaluations: { forward: 0, backward: 0 },
    learningRate: 0,
    records: [],
    bestEpoch: null,
    bestValidation: Infinity,
    toBeat: Infinity,
    waited: 0,
  };
}
