/** Everything that the SIMD module exports. */
export { activate, activationGradient } from './activation';
export { adam, adamInPlace, follow } from './adam';
export { affine, affineGradient } from './affine';
export { convolve, depthwiseFilterGradient, depthwiseImageGradient, filterGradient, imageGradient } from './convolution';
export { activateDual, activateDualGradient } from './dual';
export { binary, choose, unary } from './elementwise';
export { gemm, gemmStack, gemmTransposed } from './gemm';
export { copy, fill, gather } from './layout';
export { lu } from './lu';
export { addMultiples } from './multiples';
export { negateTaps, paddedInverse } from './padded';
export { accumulate, scaledSquares, stageTimes, weightedSum } from './runge-kutta';
export { combine, sumAxis, sumRows, sumRowsApart } from './reduce';
export { slogdet } from './slogdet';
export { solve } from './solve';
export { spline, splineGradient } from './spline';
export { triangularSolve } from './triangular-solve';
