export * from './conditioner.js';
export * from './dense.js';
export * from './mlp.js';
export type { ActivationName } from './activation.js';
