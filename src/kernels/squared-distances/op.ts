import type { Tensor } from '@tensorflow/tfjs-core';
import type { FusedOp } from '../fused/op.js';
import { runFused } from '../fused/run.js';
import { waves } from '../fused/waves.js';
import { squaredDistancesGradientOnCpu, squaredDistancesOnCpu } from './cpu.js';
import { squaredDistancesGradientOnGpu, squaredDistancesOnGpu } from './gpu.js';
import { squaredDistancesReference } from './reference.js';
import type { SquaredDistancesAttributes } from './spec.js';
import { squaredDistancesGradientOnWasm, squaredDistancesOnWasm } from './wasm.js';

/**
 * Weighted squared distances of rows to points, `Σ_j weights[j] (x[b, j] - points[i, j])²`, cut off at 1e12. `x`:
 * `[rows, width]`; `points`: `[count, width]`; `weights`: `[width]`; `y`: `[rows, count]`.
 *
 * They are summed from differences: `|x|² + |p|² - 2 x·p` would lose all digits where a row is near a point.
 */
export const squaredDistancesOp: FusedOp<SquaredDistancesAttributes> = {
  name: 'TfjsFlowsSquaredDistances',
  inputs: ['x', 'points', 'weights'],
  outputs: ['y'],
  outputShapes: ([[rows], [count]]) => [[rows, count]],
  reference: squaredDistancesReference,
  cpu: squaredDistancesOnCpu,
  wasm: squaredDistancesOnWasm,
  gpu: squaredDistancesOnGpu,
  gradient: {
    name: 'TfjsFlowsSquaredDistancesGradient',
    inputs: ['x', 'points', 'weights', 'dy'],
    outputs: ['dx', 'dpoints', 'dweights'],
    outputShapes: ([x, points, weights]) => [x, points, weights],
    cpu: squaredDistancesGradientOnCpu,
    wasm: squaredDistancesGradientOnWasm,
    gpu: squaredDistancesGradientOnGpu,
  },
  samples: [
    [5, 4, 3],
    [3, 7, 1],
    [6, 18, 5],
    [2, 1, 2],
  ].map(([rows, count, width]) => ({
    attributes: {},
    inputs: [
      { shape: [rows, width], values: waves(rows * width, 1.5) },
      { shape: [count, width], values: waves(count * width, 1, 1) },
      { shape: [width], values: waves(width, 0.5, 2).map((weight) => 1 + weight) },
    ],
  })),
};

/**
 * `Σ_j weights[j] (x[b, j] - points[i, j])²`, cut off at 1e12: `[rows, count]`.
 *
 * `x`: `[rows, width]`; `points`: `[count, width]`; `weights`: `[width]`.
 */
export function squaredDistances(x: Tensor, points: Tensor, weights: Tensor): Tensor {
  return runFused(squaredDistancesOp, [x, points, weights], {})[0];
}
