import { existsSync } from 'node:fs';
import type { Table } from '../tables/table.js';
import { writeTable } from '../tables/table-file.js';
import type { SamplePart } from './sample-job.js';
import { estimatorOf } from './thread-models.js';

/** What a thread is told of draws that are wanted at once. */
export interface DrawTask {
  readonly model: string;
  readonly count: number;
  readonly seed: number | string;
  readonly given: Table | null;
}

/** Draws of a model. */
export async function drawTask({ model, count, seed, given }: DrawTask): Promise<Table> {
  return (await estimatorOf(model)).sample(count, { seed, ...(given && { given }) });
}

/** Draws of a model into a file of their own; returns how many. */
export async function samplePartTask({ model, out, count, seed, given }: SamplePart): Promise<number> {
  if (existsSync(out)) return count;
  const draws = await (await estimatorOf(model)).sample(count, { seed, ...(given && { given: [given] }) });
  await writeTable(draws, out, 'parquet');
  return count;
}
