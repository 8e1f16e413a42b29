import { registerMatMulGradient } from './matmul-gradient/op.js';
import { registerNestedGradients } from './nested-gradients/op.js';
import { registerRationalQuadraticSpline } from './rational-quadratic-spline/op.js';

/** Makes the fused kernels and better gradients known to TF.js. Repeated calls do nothing. */
export function registerKernels(): void {
  registerMatMulGradient();
  registerNestedGradients();
  registerRationalQuadraticSpline();
}
