import { DensityEstimator } from '../../estimator/density-estimator.js';
import type { TableFormat } from '../../tables/format-names.js';
import { TableFile } from '../../tables/table-file.js';
import { print } from '../arguments.js';

/** Flags of `evaluate`. */
export interface EvaluateFlags {
  readonly format?: TableFormat;
  readonly json?: boolean;
}

/** Prints the mean of `ln p`. */
export async function evaluate(folder: string, path: string, flags: EvaluateFlags): Promise<void> {
  using estimator = await DensityEstimator.load(folder);
  const file = await TableFile.open(path, flags.format);
  try {
    let [sum, squares, rows] = [0, 0, 0];
    for await (const batch of file.batches()) {
      for (const value of await estimator.scoreSamples(batch)) {
        sum += value;
        squares += value * value;
        rows++;
      }
    }
    const mean = sum / rows;
    const error = Math.sqrt(Math.max(squares / rows - mean * mean, 0) / rows);
    print(flags.json ? JSON.stringify({ rows, mean, standardError: error }) : `${rows} rows: mean ln p ${mean.toFixed(4)} ± ${error.toFixed(4)} nats`); // prettier-ignore
  } finally {
    await file.close();
  }
}
