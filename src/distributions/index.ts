export * from './distribution.js';
export * from './normal.js';
