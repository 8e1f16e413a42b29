import type { Tensor } from '@tensorflow/tfjs-core';
import type { FusedOp } from '../fused/op.js';
import { runFused } from '../fused/run.js';
import { splineGradientOnCpu, splineOnCpu } from './cpu.js';
import { splineReference } from './reference.js';
import { splineSamples } from './samples.js';
import type { SplineAttributes, SplineSpec } from './spec.js';
import { splineGradientOnWasm, splineOnWasm } from './wasm.js';

/** Rational-quadratic splines, one a row. `x`: `[n]`; `raw`: `[n, parameters]`; `value` and `logDet`: `[n]`. */
export const splineOp: FusedOp<SplineAttributes> = {
  name: 'TfjsFlowsRationalQuadraticSpline',
  inputs: ['x', 'raw'],
  outputs: ['value', 'logDet'],
  outputShapes: ([x]) => [x, x],
  reference: ([x, raw], attributes) => {
    const { value, logDet } = splineReference(x, raw, attributes, attributes.inverse);
    return [value, logDet];
  },
  cpu: splineOnCpu,
  wasm: splineOnWasm,
  gradient: {
    name: 'TfjsFlowsRationalQuadraticSplineGradient',
    inputs: ['x', 'raw', 'dvalue', 'dlogDet'],
    outputs: ['dx', 'draw'],
    outputShapes: ([x, raw]) => [x, raw],
    cpu: splineGradientOnCpu,
    wasm: splineGradientOnWasm,
  },
  samples: splineSamples,
};

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
  const [value, logDet] = runFused(splineOp, [x, raw], { ...spec, inverse });
  return { value, logDet };
}
