import { existsSync } from 'node:fs';
import { DensityEstimator } from '../estimator/density-estimator.js';
import { TableFile, writeTable } from '../tables/table-file.js';
import type { ScorePart } from './score-job.js';
import { EstimatorScorer, type ShardScorer } from './shard-scorer.js';
import type { ChunkTask } from './thread-scorer.js';

/** The model that this thread scored by last. */
let last: { readonly folder: string; readonly estimator: DensityEstimator } | null = null;

async function scorerOf(folder: string): Promise<ShardScorer> {
  if (last?.folder !== folder) {
    const estimator = await DensityEstimator.load(folder);
    last?.estimator.dispose();
    last = { folder, estimator };
  }
  return new EstimatorScorer(last.estimator);
}

/** `ln p` of the rows of a piece. */
export async function chunkTask({ model, chunk, firstRow }: ChunkTask): Promise<Float64Array> {
  return (await scorerOf(model)).score(chunk, firstRow);
}

/** Scores rows of a Parquet file into one of their own; returns the sum of `ln p`. */
export async function scorePartTask({ model, table, out, column, first, count }: ScorePart): Promise<number> {
  const scores = existsSync(out) ? await readScores(out, column) : new Float64Array(count);
  if (!existsSync(out)) {
    const scorer = await scorerOf(model);
    const file = await TableFile.open(table, 'parquet');
    let row = 0;
    try {
      for await (const batch of file.batches({ first, count })) {
        scores.set(await scorer.score(batch, first + row), row);
        row += batch.rowCount;
      }
    } finally {
      await file.close();
    }
    await writeTable({ rowCount: count, columns: { [column]: scores } }, out, 'parquet');
  }
  return scores.reduce((sum, score) => sum + score, 0);
}

async function readScores(path: string, column: string): Promise<Float64Array> {
  const file = await TableFile.open(path, 'parquet');
  try {
    return (await file.read()).columns[column] as Float64Array;
  } finally {
    await file.close();
  }
}
