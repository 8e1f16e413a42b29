import { instantiateSimd, type SimdFunctions } from '../kernels/wasm/module.js';
import { CONTROL } from './thread.js';
import { MAX_PAGES } from '../kernels/wasm/declare-shared.js';

const PAGE = 65536;
/** Blocks begin at multiples of a line of the cache. */
const ALIGNMENT = 64;
/** What lies below belongs to the threads; a multiple of {@link ALIGNMENT}. */
const RESERVED = CONTROL.address + 4 * CONTROL.length;

/** A stretch of memory. */
interface Block {
  readonly address: number;
  readonly bytes: number;
}

/**
 * Memory of its own for the SIMD module, which programs and their buffers live in; shared between threads where the
 * platform allows.
 */
export class Heap {
  readonly memory: WebAssembly.Memory;
  readonly functions: SimdFunctions;
  /** Gaps between blocks in use, by address. */
  #gaps: Block[] = [];
  readonly #used = new Map<number, number>();
  #end = RESERVED;

  constructor() {
    this.memory = makeMemory();
    this.functions = instantiateSimd(this.memory);
  }

  get shared(): boolean {
    return !(this.memory.buffer instanceof ArrayBuffer);
  }

  /** Bytes in use. */
  get bytes(): number {
    return [...this.#used.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Address of a block, filled with zeros. Views taken before may be stale when the memory had to grow. */
  allocate(bytes: number): number {
    const size = Math.max(1, Math.ceil(bytes / ALIGNMENT)) * ALIGNMENT;
    const address = this.#takeGap(size) ?? this.#extend(size);
    this.#used.set(address, size);
    new Uint8Array(this.memory.buffer, address, size).fill(0);
    return address;
  }

  /** Address of a block that holds these numbers: whole ones keep their bits, truth values become 0 and 1. */
  write(values: ArrayLike<number>): number {
    const address = this.allocate(4 * values.length);
    const View = values instanceof Int32Array ? Int32Array : Float32Array;
    new View(this.memory.buffer, address, values.length).set(values);
    return address;
  }

  free(address: number): void {
    const bytes = this.#used.get(address);
    if (bytes === undefined) return;
    this.#used.delete(address);
    const gaps = [...this.#gaps, { address, bytes }].sort((a, b) => a.address - b.address);
    this.#gaps = gaps.reduce<Block[]>((merged, gap) => {
      const last = merged.at(-1);
      if (last && last.address + last.bytes === gap.address) {
        merged[merged.length - 1] = { address: last.address, bytes: last.bytes + gap.bytes };
      } else {
        merged.push(gap);
      }
      return merged;
    }, []);
  }

  /** The numbers at an address; valid until the next allocation. */
  floats(address: number, count: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, count);
  }

  doubles(address: number, count: number): Float64Array {
    return new Float64Array(this.memory.buffer, address, count);
  }

  #takeGap(size: number): number | null {
    const index = this.#gaps.findIndex(({ bytes }) => bytes >= size);
    if (index < 0) return null;
    const { address, bytes } = this.#gaps[index];
    if (bytes === size) this.#gaps.splice(index, 1);
    else this.#gaps[index] = { address: address + size, bytes: bytes - size };
    return address;
  }

  #extend(size: number): number {
    const address = this.#end;
    this.#end += size;
    const missing = this.#end - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    return address;
  }
}

/** Shared memory must state how far it may grow, and some platforms set that much aside: ask for less until it is given. */
function makeMemory(): WebAssembly.Memory {
  if (typeof SharedArrayBuffer !== 'undefined') {
    for (let maximum = MAX_PAGES; maximum >= 2048; maximum /= 2) {
      try {
        return new WebAssembly.Memory({ initial: 16, maximum, shared: true });
      } catch {
        // Not that much.
      }
    }
  }
  return new WebAssembly.Memory({ initial: 16 });
}
