import { DensityEstimator } from '../estimator/density-estimator.js';

/** Models that a thread keeps. */
const KEPT = 8;

/** Those that this thread used, the last at the end. */
const kept = new Map<string, DensityEstimator>();

/** The model of a folder, which stays in memory until others have been asked for more lately. */
export async function estimatorOf(folder: string): Promise<DensityEstimator> {
  const estimator = kept.get(folder) ?? (await DensityEstimator.load(folder));
  kept.delete(folder);
  kept.set(folder, estimator);
  for (const [oldest, model] of kept) {
    if (kept.size <= KEPT) break;
    kept.delete(oldest);
    model.dispose();
  }
  return estimator;
}
