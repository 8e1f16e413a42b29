export { integratedAutocorrelationTime, type AutocorrelationOptions } from './autocorrelation.js';
export * from './bennett-acceptance-ratio.js';
export type { BootstrapOptions } from './bootstrap.js';
export * from './convergence.js';
export * from './effective-sample-size.js';
export * from './free-energy.js';
export * from './histogram.js';
export { logMeanWeight, normalizedWeights, type LogWeights } from './log-weights.js';
export * from './mbar.js';
export {
  paretoSmoothedLogWeights,
  type ParetoSmoothedWeights,
  type ParetoSmoothingOptions,
} from './pareto-smoothing.js';
export * from './truncated-weights.js';
export { weightedMean, type Estimate } from './weighted-mean.js';
