export type { BatchCoupling } from './batch-coupling.js';
export * from './entropic-transport.js';
export * from './independent.js';
export * from './optimal-transport.js';
export type { SinkhornOptions } from '../../numerics/sinkhorn.js';
