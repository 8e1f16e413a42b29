import { ACTIVATION_CODES } from '../dense/fused-activation.js';
import type { SimdCall, WasmKernel } from '../fused/wasm.js';
import { gemmScratch, gemmTransposedScratch } from '../wasm/gemm-scratch.js';
import type { DualDenseAttributes } from './spec.js';

/** One product for values and derivatives alike, then shift and activation in place. */
export const dualDenseOnWasm: WasmKernel<DualDenseAttributes> = (
  { inputs: [x, kernel, shift], inputShapes, outputs: [y], scratch },
  { activation, shiftPerRow },
) => {
  const [[batch, entries, inputs], [, outputs]] = inputShapes;
  const rows = batch * entries;
  return [
    ['gemm', x, inputs, 1, kernel, outputs, 1, 0, 0, y!, 0, rows, inputs, outputs, scratch(gemmScratch(inputs))],
    ['activateDual', ACTIVATION_CODES[activation], y!, shift, shiftPerRow ? outputs : 0, batch, entries, outputs],
  ];
};

/** The gradient of the pre-activations, then one product or sum for each gradient that is asked for. */
export const dualDenseGradientOnWasm: WasmKernel<DualDenseAttributes> = (
  { inputs: [x, kernel, y, dy], inputShapes, outputs: [dx, dKernel, dShift], scratch },
  { activation, shiftPerRow },
) => {
  const [[batch, entries, inputs], [, outputs]] = inputShapes;
  const rows = batch * entries;
  const calls: SimdCall[] = [];
  let g = dy;
  if (activation !== 'identity') {
    g = scratch(rows * outputs);
    calls.push(['activateDualGradient', ACTIVATION_CODES[activation], y, dy, g, batch, entries, outputs]);
  }
  if (dShift !== null) {
    const stride = entries * outputs;
    calls.push(
      shiftPerRow
        ? ['copy', g, dShift, 1, 1, batch, outputs, 0, 0, stride, 1, 0, 0, outputs, 1]
        : ['sumRowsApart', g, stride, dShift, batch, outputs],
    );
  }
  if (dx !== null) {
    calls.push(['gemm', g, outputs, 1, kernel, 1, outputs, 0, 0, dx, 0, rows, outputs, inputs, scratch(gemmScratch(outputs))]); // prettier-ignore
  }
  if (dKernel !== null) {
    const space = scratch(gemmTransposedScratch(inputs, rows));
    calls.push(['gemmTransposed', x, g, dKernel, 0, inputs, rows, outputs, space]);
  }
  return calls;
};
