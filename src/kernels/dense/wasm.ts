import type { SimdCall, WasmKernel } from '../fused/wasm.js';
import { gemmScratch, gemmTransposedScratch } from '../wasm/gemm-scratch.js';
import { ACTIVATION_CODES } from './fused-activation.js';
import type { DenseAttributes } from './spec.js';

/** A matrix product with the bias in its accumulators, then the activation in place. */
export const denseOnWasm: WasmKernel<DenseAttributes> = (
  { inputs: [x, kernel, bias, mask = 0], inputShapes, outputs: [y], scratch },
  { activation },
) => {
  const [[batch, inputs], [, outputs]] = inputShapes;
  const product: SimdCall = [
    'gemm', x, inputs, 1, kernel, outputs, 1, mask, bias, y!, 0, batch, inputs, outputs, scratch(gemmScratch(inputs)),
  ]; // prettier-ignore
  return [product, ...(activation === 'identity' ? [] : [activate(activation, y!, batch * outputs)])];
};

function activate(activation: DenseAttributes['activation'], y: number, count: number): SimdCall {
  return ['activate', ACTIVATION_CODES[activation], y, count];
}

/** `g = dy ∘ φ′` and its column sums, then one product for each gradient that is asked for. */
export const denseGradientOnWasm: WasmKernel<DenseAttributes> = (
  { inputs: [x, kernel, y, dy, mask = 0], inputShapes, outputs: [dx, dKernel, dBias], scratch },
  { activation },
) => {
  const [[batch, inputs], [, outputs]] = inputShapes;
  const calls: SimdCall[] = [];
  let g = dy;
  if (activation !== 'identity') {
    g = scratch(batch * outputs);
    calls.push(['activationGradient', ACTIVATION_CODES[activation], y, dy, g, batch * outputs]);
  }
  if (dBias !== null) calls.push(['sumRows', g, dBias, batch, outputs]);
  if (dx !== null) {
    calls.push(['gemm', g, outputs, 1, kernel, 1, outputs, mask, 0, dx, 0, batch, outputs, inputs, scratch(gemmScratch(outputs))]); // prettier-ignore
  }
  if (dKernel !== null) {
    const space = scratch(gemmTransposedScratch(inputs, batch));
    calls.push(['gemmTransposed', x, g, dKernel, mask, inputs, batch, outputs, space]);
  }
  return calls;
};
