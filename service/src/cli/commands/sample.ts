import { DensityEstimator } from '../../estimator/density-estimator.js';
import { TableFile, writeTable } from '../../tables/table-file.js';
import { targetOf, type OutputFlags } from '../output.js';

/** Flags of `sample`. */
export interface SampleFlags extends OutputFlags {
  readonly count: number;
  readonly given?: string;
  readonly seed: string;
}

/** Writes draws. */
export async function sample(folder: string, flags: SampleFlags): Promise<void> {
  const to = targetOf(flags, 'draws.csv');
  using estimator = await DensityEstimator.load(folder);
  const file = flags.given === undefined ? null : await TableFile.open(flags.given);
  try {
    const draws = await estimator.sample(flags.count, { seed: flags.seed, ...(file && { given: await file.read() }) });
    await writeTable(draws, flags.out, to);
  } finally {
    await file?.close();
  }
}
