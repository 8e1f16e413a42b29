export type { Amortized, AmortizedOptions } from './amortized.js';
export * from './planar.js';
export * from './radial.js';
export type { SylvesterBasisName } from './sylvester-basis.js';
export * from './sylvester.js';
