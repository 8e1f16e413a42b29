export * from './elementwise-affine.js';
export * from './elementwise-shift.js';
export * from './elementwise-transform.js';
export * from './rational-quadratic-spline.js';
