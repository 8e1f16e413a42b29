import type { WasmKernel } from '../fused/wasm.js';
import type { AdamAttributes } from './spec.js';

/** One pass over all vectors. */
export const adamOnWasm: WasmKernel<AdamAttributes> = (
  { inputs: [p, m, v, g], inputShapes: [[count]], outputs: [nextP, nextM, nextV] },
  { beta1, beta2, stepSize, rootScale, epsilon, decay },
) => [['adam', p, m, v, g, nextP!, nextM!, nextV!, count, beta1, beta2, stepSize, rootScale, epsilon, decay]];
