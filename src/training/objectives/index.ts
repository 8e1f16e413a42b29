export * from './negative-log-likelihood.js';
export * from './objective.js';
export * from './regularised-likelihood.js';
