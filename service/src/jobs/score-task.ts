import { existsSync } from 'node:fs';
import { TableFile, writeTable } from '../tables/table-file.js';
import type { ScorePart } from './score-job.js';
import { EstimatorScorer } from './shard-scorer.js';
import { estimatorOf } from './thread-models.js';
import type { ChunkTask } from './thread-scorer.js';

/** `ln p` of the rows of a piece. */
export async function chunkTask({ model, chunk, firstRow }: ChunkTask): Promise<Float64Array> {
  return new EstimatorScorer(await estimatorOf(model)).score(chunk, firstRow);
}

/** Scores that a model gave. */
export interface OddnessTask {
  readonly model: string;
  readonly scores: Float64Array;
}

/** How odd the rows of these scores are. */
export async function oddnessTask({ model, scores }: OddnessTask): Promise<Float64Array> {
  return (await estimatorOf(model)).oddness(scores);
}

/** Scores rows of a Parquet file into one of their own; returns the sum of `ln p`. */
export async function scorePartTask(
  { model, table, out, column, first, count }: ScorePart,
  signal: AbortSignal,
): Promise<number> {
  const scores = existsSync(out) ? await readScores(out, column) : new Float64Array(count);
  if (!existsSync(out)) {
    const scorer = new EstimatorScorer(await estimatorOf(model));
    const file = await TableFile.open(table, 'parquet');
    let row = 0;
    try {
      for await (const batch of file.batches({ first, count })) {
        signal.throwIfAborted();
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
