import type { Tensor } from '@tensorflow/tfjs-core';
import { sizeOf } from '../../shapes.js';
import type { FusedOp } from '../fused/op.js';
import { runFused } from '../fused/run.js';
import { waves } from '../fused/waves.js';
import type { WasmKernel } from '../fused/wasm.js';
import { smoothUnitGradientOnCpu, smoothUnitOnCpu } from './cpu.js';
import { smoothUnitReference } from './reference.js';
import type { SmoothUnitAttributes } from './spec.js';

/** Numbers of the units in the SIMD module. */
const CODES = { gelu: 0, silu: 1 } as const;

const onWasm: WasmKernel<SmoothUnitAttributes> = ({ inputs: [x], inputShapes: [shape], outputs: [y] }, { kind }) => [
  ['smoothUnit', CODES[kind], x, y!, sizeOf(shape)],
];

const gradientOnWasm: WasmKernel<SmoothUnitAttributes> = (
  { inputs: [x, dy], inputShapes: [shape], outputs: [dx] },
  { kind },
) => [['smoothUnitGradient', CODES[kind], x, dy, dx!, sizeOf(shape)]];

/** `gelu` and `silu` of every entry, `x` and `y` of any shape: one pass over memory where their formulas take several. */
export const smoothUnitOp: FusedOp<SmoothUnitAttributes> = {
  name: 'TfjsFlowsSmoothUnit',
  inputs: ['x'],
  outputs: ['y'],
  outputShapes: ([x]) => [x],
  reference: smoothUnitReference,
  cpu: smoothUnitOnCpu,
  wasm: onWasm,
  gradient: {
    name: 'TfjsFlowsSmoothUnitGradient',
    inputs: ['x', 'dy'],
    outputs: ['dx'],
    outputShapes: ([x]) => [x],
    cpu: smoothUnitGradientOnCpu,
    wasm: gradientOnWasm,
  },
  samples: (['gelu', 'silu'] as const).map((kind) => ({
    attributes: { kind },
    inputs: [{ shape: [5, 7], values: waves(35, 6) }],
  })),
};

/** `x Φ(x)` or `x σ(x)`. */
export function smoothUnit(x: Tensor, kind: SmoothUnitAttributes['kind']): Tensor {
  return runFused(smoothUnitOp, [x], { kind })[0];
}
