export * from './cubic-spline.js';
export * from './elementwise-affine.js';
export * from './elementwise-shift.js';
export * from './elementwise-transform.js';
export * from './linear-spline.js';
export * from './quadratic-spline.js';
export * from './rational-quadratic-spline.js';
export type { SplineBoxOptions } from './spline-box.js';
