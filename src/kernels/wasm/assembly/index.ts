/** Everything that the SIMD module exports. */
export { activate, activationGradient } from './activation';
export { adam } from './adam';
export { gemm, gemmTransposed } from './gemm';
export { sumRows } from './reduce';
export { spline, splineGradient } from './spline';
