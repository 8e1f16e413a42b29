export * from './adam.js';
export * from './adamw.js';
export { Optimizer, type UpdateInput, type UpdateOutput } from './optimizer.js';
export * from './sgd.js';
export type { AdamAttributes } from '../../kernels/adam/spec.js';
