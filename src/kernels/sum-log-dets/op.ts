import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { FusedOp } from '../fused/op.js';
import { runFused } from '../fused/run.js';
import { waves } from '../fused/waves.js';
import { sumLogDetsGradientOnCpu, sumLogDetsOnCpu } from './cpu.js';
import { sumLogDetsGradientOnWasm, sumLogDetsOnWasm } from './wasm.js';

/** Sums over the coordinates of each row. `x`: `[batch, dims]`; `y`: `[batch]`. */
export const sumLogDetsOp: FusedOp<object> = {
  name: 'TfjsFlowsSumLogDets',
  inputs: ['x'],
  outputs: ['y'],
  outputShapes: ([[batch]]) => [[batch]],
  reference: ([x]) => [tf.sum(x, 1)],
  cpu: sumLogDetsOnCpu,
  wasm: sumLogDetsOnWasm,
  gradient: {
    name: 'TfjsFlowsSumLogDetsGradient',
    inputs: ['x', 'dy'],
    outputs: ['dx'],
    outputShapes: ([x]) => [x],
    cpu: sumLogDetsGradientOnCpu,
    wasm: sumLogDetsGradientOnWasm,
  },
  samples: [1, 2, 3, 4, 11].map((dims) => ({
    attributes: {},
    inputs: [{ shape: [6, dims], values: waves(6 * dims) }],
  })),
};

/** Log-determinants of diagonal maps: the sums over the coordinates of each row, `[batch, dims]` → `[batch]`. */
export function sumLogDets(logDets: Tensor): Tensor {
  return runFused(sumLogDetsOp, [logDets], {})[0];
}
