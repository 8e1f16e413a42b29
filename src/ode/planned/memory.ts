import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Heap } from '../../replay/heap.js';

/** Blocks of a heap that live and die together. */
export class Memory {
  readonly heap: Heap;
  readonly #blocks: number[] = [];

  constructor(heap: Heap) {
    this.heap = heap;
  }

  /** Address of room for some numbers in single precision, all zero. */
  floats(count: number): number {
    return this.#own(this.heap.allocate(4 * count));
  }

  /** The same in double precision. */
  doubles(count: number): number {
    return this.#own(this.heap.allocate(8 * count));
  }

  /** Address of these numbers in single precision. */
  write(values: ArrayLike<number>): number {
    return this.#own(this.heap.write(values));
  }

  free(): void {
    for (const address of this.#blocks) this.heap.free(address);
    this.#blocks.length = 0;
  }

  #own(address: number): number {
    this.#blocks.push(address);
    return address;
  }
}

/** The numbers of a tensor, as the backend holds them. */
export function numbersOf({ dataId }: Tensor): Float32Array {
  return tf.engine().readSync(dataId) as Float32Array;
}
