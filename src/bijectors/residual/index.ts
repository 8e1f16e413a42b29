export type { LogDetEstimator, LogDetOptions } from './log-det-options.js';
