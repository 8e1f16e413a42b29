import { sizeOf } from '../../shapes.js';
import type { WasmKernel } from '../fused/wasm.js';
import { MOST_TERMS, type CombinationAttributes } from './spec.js';

/** One pass over memory. */
export const combinationOnWasm: WasmKernel<CombinationAttributes> = (
  { inputs: [y, ...ks], inputShapes: [shape], outputs: [sum] },
  { coefficients },
) => {
  const rest = Array<number>(MOST_TERMS - ks.length).fill(0);
  return [['addMultiples', ks.length, y, ...ks, ...rest, ...coefficients, ...rest, sum!, sizeOf(shape)]];
};
