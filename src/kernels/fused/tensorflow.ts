import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';

/** An attribute of a native operation. */
export interface NativeAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: number | boolean;
}

/** What the backend of `@tensorflow/tfjs-node` offers; the pinned TF.js version fixes these names. */
export interface TensorFlowBackend {
  readonly binding: { readonly TF_ATTR_TYPE: number; readonly TF_ATTR_BOOL: number; readonly TF_FLOAT: number };
  /** Runs any operation of TensorFlow by name; it throws what TensorFlow reports. */
  executeMultipleOutputs(
    name: string,
    attributes: NativeAttribute[],
    inputs: readonly TensorInfo[],
    outputs: number,
  ): Tensor[];
}

/** Runs native operations; the results belong to the caller. */
export type TensorFlowKernel<Attributes extends object> = (
  inputs: readonly TensorInfo[],
  attributes: Attributes,
  backend: TensorFlowBackend,
) => TensorInfo[];
