export type { LipschitzStart } from './check.js';
export type { LipschitzActivationName } from './lipschitz-activation.js';
export * from './lipschitz-conv-net.js';
export * from './lipschitz-mlp.js';
export * from './lipschitz-network.js';
