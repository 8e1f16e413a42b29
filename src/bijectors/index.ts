export * from './affine.js';
export * from './bijector.js';
export * from './chain.js';
export * from './invert.js';
export * from './permute.js';
