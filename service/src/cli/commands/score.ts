import { FlowConfigError } from 'tfjs-flows';
import { DensityEstimator } from '../../estimator/density-estimator.js';
import { TableFile } from '../../tables/table-file.js';
import { targetOf, type OutputFlags } from '../output.js';

/** Flags of `score`. */
export interface ScoreFlags extends OutputFlags {
  readonly column: string;
  readonly anomaly?: boolean;
}

/** Writes a table with `ln p` of its rows. */
export async function score(folder: string, path: string, flags: ScoreFlags): Promise<void> {
  const to = targetOf(flags, path);
  using estimator = await DensityEstimator.load(folder);
  const file = await TableFile.open(path, flags.format);
  try {
    const names = flags.anomaly ? [flags.column, 'anomaly'] : [flags.column];
    const taken = names.find((name) => file.names.includes(name));
    if (taken !== undefined)
      throw new FlowConfigError('score', { expected: 'a new column', got: `"${taken}", which ${path} has` });
    await file.writeWith(flags.out, to, names, scored(estimator, file, Boolean(flags.anomaly)));
  } finally {
    await file.close();
  }
}

async function* scored(estimator: DensityEstimator, file: TableFile, anomaly: boolean): AsyncGenerator<Float64Array[]> {
  let firstRow = 0;
  for await (const rows of file.batches()) {
    const scores = await estimator.scoreSamples(rows, { firstRow });
    firstRow += rows.rowCount;
    yield anomaly ? [scores, estimator.oddness(scores)] : [scores];
  }
}
