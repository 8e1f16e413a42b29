import type { DataType, TypedArray } from '@tensorflow/tfjs-core';

/** What the cpu and wasm backends have in common; the pinned TF.js version fixes these names. */
export interface HostBackend {
  readSync(dataId: object): TypedArray;
  write(values: TypedArray, shape: number[], dtype: DataType): object;
}
