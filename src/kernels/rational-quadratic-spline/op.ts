import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { hasKernel, higherOrderGradient, registerHostKernel, runKernel } from '../host-memory.js';
import { SPLINE, SPLINE_GRADIENT, splineGradientKernel, splineKernel } from './host.js';
import { splineReference } from './reference.js';
import type { SplineSpec } from './spec.js';

/**
 * Rational-quadratic splines, one a row: value and `log dy/dx`.
 *
 * @param x `[n]`
 * @param raw `[n, parameters]`: raw widths, raw heights, raw slopes
 * @param inverse solve `y(x) = input` instead; `logDet` is then `log dx/dy`
 */
export function rationalQuadraticSplineOp(
  x: Tensor,
  raw: Tensor,
  spec: SplineSpec,
  inverse: boolean,
): { value: Tensor; logDet: Tensor } {
  if (!hasKernel(SPLINE) || higherOrderGradient()) return splineReference(x, raw, spec, inverse);
  const [value, logDet] = runKernel(SPLINE, { x, raw }, { ...spec, inverse });
  return { value, logDet };
}

/** Registers the fused kernels and the gradient between them. */
export function registerRationalQuadraticSpline(): void {
  registerHostKernel(splineKernel);
  registerHostKernel(splineGradientKernel);
  if (tf.getGradient(SPLINE)) return;
  tf.registerGradient({
    kernelName: SPLINE,
    inputsToSave: ['x', 'raw'],
    gradFunc: (upstream, [x, raw], attributes) => {
      const [dValue, dLogDet] = upstream as Tensor[];
      const [dx, dRaw] = runKernel(SPLINE_GRADIENT, { x, raw, dValue, dLogDet }, attributes);
      return { x: () => dx, raw: () => dRaw };
    },
  });
}
