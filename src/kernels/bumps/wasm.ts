import type { WasmKernel } from '../fused/wasm.js';
import { deadZone, MAX_ROOT_STEPS, type BumpAttributes } from './spec.js';

/** What the functions of the module take at the end. */
const settings = ({ exponent, circular }: BumpAttributes): number[] => [circular ? 1 : 0, exponent, deadZone(exponent)];

export const bumpsOnWasm: WasmKernel<BumpAttributes> = (
  { inputs, inputShapes: [[rows], [, count]], outputs: [value, slope], scratch },
  attributes,
) => [['bumps', ...inputs, value ?? scratch(rows), slope ?? scratch(rows), rows, count, ...settings(attributes)]];

export const bumpsGradientOnWasm: WasmKernel<BumpAttributes> = (
  { inputs, inputShapes: [[rows], [, count]], outputs, scratch },
  attributes,
) => {
  // A gradient that nobody reads is written all the same.
  const sizes = [rows, rows * count, rows * count, rows * count, rows * count];
  const places = outputs.map((address, i) => address ?? scratch(sizes[i]));
  return [['bumpsGradient', ...inputs, ...places, rows, count, ...settings(attributes)]];
};

export const bumpRootsOnWasm: WasmKernel<BumpAttributes> = (
  { inputs, inputShapes: [[rows], , [, count]], outputs: [root] },
  attributes,
) => [['bumpRoots', ...inputs, root!, rows, count, ...settings(attributes), MAX_ROOT_STEPS]];
