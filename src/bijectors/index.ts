export * from './affine.js';
export * from './autoregressive.js';
export * from './bijector.js';
export * from './chain.js';
export * from './coupling.js';
export * from './elementwise.js';
export * from './invert.js';
export * from './permute.js';
