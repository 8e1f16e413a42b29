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
    return this.#own(4 * count);
  }

  /** The same in double precision. */
  doubles(count: number): number {
    return this.#own(8 * count);
  }

  /** Address of these numbers in single precision. */
  write(values: ArrayLike<number>): number {
    const address = this.floats(values.length);
    this.heap.floats(address, values.length).set(values);
    return address;
  }

  free(): void {
    for (const address of this.#blocks) this.heap.free(address);
    this.#blocks.length = 0;
  }

  #own(bytes: number): number {
    const address = this.heap.allocate(Math.max(4, bytes));
    this.#blocks.push(address);
    return address;
  }
}
