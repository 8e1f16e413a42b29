import type { WasmKernel } from '../fused/wasm.js';
import { gemmScratch, gemmTransposedScratch } from '../wasm/gemm-scratch.js';
import { attentionSizes, type AttentionAttributes } from './spec.js';

/** Queries whose weights are in memory at a time, as in the module. */
const BLOCK = 64;

/** One call for all heads. */
export const attentionOnWasm: WasmKernel<AttentionAttributes> = (
  { inputs: [q, k, v], inputShapes: [qShape, kShape], outputs: [y], scratch },
  { causal },
) => {
  const { count, queries, positions, width } = attentionSizes(qShape, kShape);
  const space = scratch(BLOCK * positions + gemmScratch(Math.max(width, positions)));
  return [['attention', q, k, v, y!, count, queries, positions, width, causal ? 1 : 0, space]];
};

/** Likewise; weights are computed again. */
export const attentionGradientOnWasm: WasmKernel<AttentionAttributes> = (
  { inputs: [q, k, v, dy], inputShapes: [qShape, kShape], outputs: [dq, dk, dv], scratch },
  { causal },
) => {
  const { count, queries, positions, width } = attentionSizes(qShape, kShape);
  const products = Math.max(gemmScratch(Math.max(width, positions)), gemmTransposedScratch(positions, BLOCK));
  const space = scratch(2 * BLOCK * positions + positions * width + products);
  return [
    [
      'attentionGradient', q, k, v, dy, dq ?? 0, dk ?? 0, dv ?? 0,
      count, queries, positions, width, causal ? 1 : 0, space,
    ],
  ]; // prettier-ignore
};
