/** tfjs-flows: normalizing flows on TensorFlow.js. This file is the whole public surface. */
export { ready, type BackendName, type BackendReport, type ReadyOptions } from './backend.js';
export * from './errors.js';
export { RandomStream, type RandomStreamState, type Seed } from './random.js';
export { decodeSafetensors, encodeSafetensors, type Safetensors, type StoredTensor } from './io/safetensors.js';
export type { ConfigurableClass } from './io/config.js';
export { Module, type Config, type Configurable, type Parameter } from './module.js';
export type { Shape } from './shapes.js';
export * from './bijectors/index.js';
export * from './conditioners/index.js';
export * from './fields/index.js';
export * from './distributions/index.js';
export * from './flows/index.js';
export * from './elementwise/index.js';
export * from './datasets/index.js';
export * from './energies/index.js';
export * from './linalg/index.js';
export * from './ode/index.js';
export * from './training/index.js';
