import type { DensityEstimator } from '../estimator/density-estimator.js';
import type { Table } from '../tables/table.js';

/** Scores pieces of a table: rows in, `ln p` of each out. */
export interface ShardScorer {
  /** @param firstRow place of the piece's first row in its table */
  score(chunk: Table, firstRow: number): Promise<Float64Array>;
}

/** Scores by a model in this thread. */
export class EstimatorScorer implements ShardScorer {
  readonly #estimator: DensityEstimator;

  constructor(estimator: DensityEstimator) {
    this.#estimator = estimator;
  }

  score(chunk: Table, firstRow: number): Promise<Float64Array> {
    return this.#estimator.scoreSamples(chunk, { firstRow });
  }
}
