export type { ActivationName } from './activation.js';
export * from './conditioner.js';
export * from './dense.js';
export * from './masked-mlp.js';
export * from './masked-residual-net.js';
export * from './mlp.js';
export * from './residual-block.js';
export * from './residual-net.js';
export * from './transformer/index.js';
