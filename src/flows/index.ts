export * from './flow.js';
export * from './load-flow.js';
