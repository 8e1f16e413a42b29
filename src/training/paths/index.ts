export * from './bridge-path.js';
export * from './linear-path.js';
export type { PathPoint, ProbabilityPath } from './path.js';
export * from './target-path.js';
export * from './times.js';
export * from './variance-preserving-path.js';
