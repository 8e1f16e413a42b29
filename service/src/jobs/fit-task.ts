import { DensityEstimator } from '../estimator/density-estimator.js';
import { TableFile } from '../tables/table-file.js';
import type { FitTask } from './fit-job.js';
import type { Json } from './job.js';

/** Fits and saves a model; returns what it says of itself. */
export async function fitTask({ table, format, out, options, checkpoint }: FitTask, signal: AbortSignal, tell: (detail: Json) => void): Promise<Json> {
  using estimator = new DensityEstimator(options);
  const file = await TableFile.open(table, format);
  try {
    await estimator.fit(await file.read(), { checkpoint, signal, onProgress: (progress) => tell({ ...progress }) });
  } finally {
    await file.close();
  }
  signal.throwIfAborted();
  await estimator.save(out);
  return estimator.describe() as unknown as Json;
} // prettier-ignore
