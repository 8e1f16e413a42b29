export { ConstrainedMap, type Fault } from './constrained-map.js';
export * from './log-cholesky.js';
export * from './simplex-map.js';
export * from './softmax.js';
export * from './stick-breaking.js';
