/** tfjs-flows-service: densities of tables. This file is the whole public surface. */
export type { ColumnKind, ColumnOverride, ColumnSpec } from './columns/spec.js';
export { DensityEstimator, type ModelDescription, type TableSampleOptions } from './estimator/density-estimator.js';
export { MODEL_NAMES, type EstimatorOptions, type MissingPolicy, type ModelName } from './estimator/options.js';
export type { ColumnReport, DataReport } from './estimator/report.js';
export type { FitProgress, FitRun, Trial } from './estimator/train.js';
export type { Column, Table } from './tables/table.js';
export { tableOf, takeRows, type Cell, type TableInput } from './tables/table-of.js';
export { fitHandler, FitInput } from './jobs/fit-job.js';
export { InProcessQueue, type InProcessQueueOptions } from './jobs/in-process-queue.js';
export type { JobFilter, JobHandler, JobHandlers, JobQueue, JobRun, JobState, JobStatus, Json } from './jobs/job.js';
export { Threads } from './jobs/threads.js';
export { scoreHandler, ScoreInput, scorePartHandler } from './jobs/score-job.js';
export { EstimatorScorer, type ShardScorer } from './jobs/shard-scorer.js';
export { ThreadScorer } from './jobs/thread-scorer.js';
export { RedisQueue, type RedisQueueOptions } from './jobs/redis-queue.js';
export { RedisWorker, type RedisWorkerOptions } from './jobs/redis-worker.js';
export { sweepHandler, SweepInput } from './jobs/sweep-job.js';
export { tableHandlers } from './jobs/handlers.js';
