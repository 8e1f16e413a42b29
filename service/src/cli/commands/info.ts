import { DensityEstimator } from '../../estimator/density-estimator.js';
import { print } from '../arguments.js';
import { describeModel } from '../text.js';

/** Flags of `info`. */
export interface InfoFlags {
  readonly json?: boolean;
}

/** Prints what a model is. */
export async function info(folder: string, { json }: InfoFlags): Promise<void> {
  using estimator = await DensityEstimator.load(folder);
  print(json ? JSON.stringify(estimator.describe(), null, 2) : describeModel(estimator.describe()));
}
