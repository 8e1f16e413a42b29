import type { NamedAttrMap } from '@tensorflow/tfjs-core';
import type { SimdCall } from '../fused/wasm.js';
import type { Shape } from '../../shapes.js';

/** A tensor with its place in memory. */
export interface Place {
  /** In bytes. */
  readonly address: number;
  readonly shape: Shape;
  readonly dtype: string;
}

/** One kernel of a trace, with places for its tensors. */
export interface PlacedKernel {
  readonly inputs: Readonly<Record<string, Place>>;
  /** Null for an output that nobody reads. */
  readonly outputs: readonly (Place | null)[];
  readonly attributes: NamedAttrMap;
  readonly scratch: (floats: number) => number;
}

/** What a kernel of TF.js does, as calls into the SIMD module; null where it cannot be said in such calls. */
export type Lowering = (kernel: PlacedKernel) => SimdCall[] | null;
