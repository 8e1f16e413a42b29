import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import type { Shape } from '../../shapes.js';

/** One call of a function of the SIMD module: its name, and its arguments - addresses in bytes, sizes, numbers. */
export type SimdCall = readonly [name: string, ...args: number[]];

/** Where the tensors of a kernel lie. */
export interface Operands {
  /** Byte addresses. */
  readonly inputs: readonly number[];
  readonly inputShapes: readonly Shape[];
  /** Byte addresses; the memory holds anything before. Null for an output that nobody reads. */
  readonly outputs: readonly (number | null)[];
  /** Memory for `floats` numbers during the call, in addition to all other scratch memory asked for. */
  readonly scratch: (floats: number) => number;
}

/**
 * What a kernel does, as calls into the SIMD module. Run at once they are the eager kernel; a planned step writes them
 * down for its own buffers and repeats them.
 */
export type WasmKernel<Attributes extends object> = (operands: Operands, attributes: Attributes) => SimdCall[];

/** What the wasm backend offers; the pinned TF.js version fixes these names. */
export interface WasmBackend {
  readonly wasm: {
    readonly asm?: { readonly memory?: WebAssembly.Memory };
    /** In the build for threads. */
    readonly wasmMemory?: WebAssembly.Memory;
    _malloc(bytes: number): number;
    _free(address: number): void;
  };
  readonly dataIdMap: { get(dataId: object): { memoryOffset: number } };
  disposeData(dataId: object): boolean;
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
  /** A view of linear memory, valid until that grows. */
  typedArrayFromHeap(info: TensorInfo): Float32Array;
}
