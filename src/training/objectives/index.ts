export * from './dequantized-likelihood.js';
export * from './flow-matching.js';
export * from './force-matching.js';
export * from './negative-log-likelihood.js';
export * from './objective.js';
export * from './regularised-likelihood.js';
export * from './symmetric-flow-matching.js';
