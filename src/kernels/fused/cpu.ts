import type { Shape } from '../../shapes.js';

/** Memory that loops may read and write; tests run the same loops in float64. */
export type Floats = Float32Array | Float64Array;

/** Reads `inputs`, fills `outputs` (which hold anything before); `shapes` are those of the inputs. */
export type CpuKernel<Attributes extends object> = (
  inputs: Floats[],
  outputs: Floats[],
  attributes: Attributes,
  shapes: readonly Shape[],
) => void;
