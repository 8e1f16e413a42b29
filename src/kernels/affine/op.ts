import type { Tensor } from '@tensorflow/tfjs-core';
import type { FusedOp } from '../fused/op.js';
import { runFused } from '../fused/run.js';
import { waves } from '../fused/waves.js';
import { affineGradientOnCpu, affineOnCpu } from './cpu.js';
import { affineGradientOnGpu, affineOnGpu } from './gpu.js';
import { affineReference } from './reference.js';
import type { AffineAttributes } from './spec.js';
import { affineGradientOnWasm, affineOnWasm } from './wasm.js';

/** Affine maps, one a row. `x`: `[n]`; `raw`: `[n, 2]`, shift and raw scale; `value` and `logDet`: `[n]`. */
export const affineOp: FusedOp<AffineAttributes> = {
  name: 'TfjsFlowsAffine',
  inputs: ['x', 'raw'],
  outputs: ['value', 'logDet'],
  outputShapes: ([x]) => [x, x],
  reference: affineReference,
  cpu: affineOnCpu,
  wasm: affineOnWasm,
  gpu: affineOnGpu,
  gradient: {
    name: 'TfjsFlowsAffineGradient',
    inputs: ['x', 'raw', 'dvalue', 'dlogDet'],
    outputs: ['dx', 'draw'],
    outputShapes: ([x, raw]) => [x, raw],
    cpu: affineGradientOnCpu,
    wasm: affineGradientOnWasm,
    gpu: affineGradientOnGpu,
  },
  samples: (['exp', 'sigmoid'] as const)
    .flatMap((scale) => [2, Infinity].map((bound) => ({ scale, bound, least: 1e-3 })))
    .filter(({ scale, bound }) => scale === 'exp' || bound === 2)
    .flatMap((form) => [false, true].map((inverse) => ({ ...form, inverse })))
    .map((attributes) => ({
      attributes,
      inputs: [
        { shape: [7], values: waves(7, 2) },
        { shape: [7, 2], values: waves(14, 2.5, 1) },
      ],
    })),
};

/**
 * Affine maps, one a row: value and `log dy/dx`.
 *
 * @param x `[n]`
 * @param raw `[n, 2]`: shift, raw scale
 */
export function affine(x: Tensor, raw: Tensor, attributes: AffineAttributes): { value: Tensor; logDet: Tensor } {
  const [value, logDet] = runFused(affineOp, [x, raw], attributes);
  return { value, logDet };
}
