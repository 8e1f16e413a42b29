export * from './householder.js';
export * from './lu-linear.js';
export * from './matrix-exponential.js';
export * from './orthogonal-linear.js';
export { QRLinear, type FactoredLinearOptions } from './qr-linear.js';
export * from './rotation.js';
export * from './svd-linear.js';
