import type { Tensor } from '@tensorflow/tfjs-core';
import type { FusedOp } from '../fused/op.js';
import { runFused } from '../fused/run.js';
import { waves } from '../fused/waves.js';
import { rowNormGradientOnCpu, rowNormOnCpu } from './cpu.js';
import { rowNormReference } from './reference.js';
import type { RowNormAttributes } from './spec.js';
import { rowNormGradientOnWasm, rowNormOnWasm } from './wasm.js';

/**
 * Rows brought to mean square 1, `y = (x - mean) / √(mean (x - mean)² + ε) ∘ gain + bias`, with the mean or without.
 * `x` and `y`: `[rows, width]`; `gain` and `bias`: `[width]`.
 *
 * Squares are taken of rows divided by their largest entry, so that they cannot overflow.
 */
export const rowNormOp: FusedOp<RowNormAttributes> = {
  name: 'TfjsFlowsRowNorm',
  inputs: ['x', 'gain', 'bias'],
  outputs: ['y'],
  outputShapes: ([x]) => [x],
  reference: rowNormReference,
  cpu: rowNormOnCpu,
  wasm: rowNormOnWasm,
  gradient: {
    name: 'TfjsFlowsRowNormGradient',
    inputs: ['x', 'gain', 'dy'],
    outputs: ['dx', 'dgain', 'dbias'],
    outputShapes: ([x, gain]) => [x, gain, gain],
    cpu: rowNormGradientOnCpu,
    wasm: rowNormGradientOnWasm,
  },
  samples: [4, 7, 1, 18].flatMap((width) =>
    [true, false].map((center) => ({
      attributes: { center, epsilon: 1e-5 },
      inputs: [
        { shape: [5, width], values: waves(5 * width, 3) },
        { shape: [width], values: waves(width, 1, 1) },
        { shape: [width], values: waves(width, 0.5, 2) },
      ],
    })),
  ),
};

/**
 * Normalised rows times `gain` plus `bias`: layer normalisation (Ba, Kiros, Hinton, 2016) where `center` is true, and
 * else root mean square normalisation (Zhang, Sennrich, 2019).
 *
 * `x`: `[rows, width]`; `gain` and `bias`: `[width]`.
 */
export function rowNorm(x: Tensor, gain: Tensor, bias: Tensor, attributes: RowNormAttributes): Tensor {
  return runFused(rowNormOp, [x, gain, bias], attributes)[0];
}
