import * as tf from '@tensorflow/tfjs-core';
import type { Variable } from '@tensorflow/tfjs-core';
import type { Heap } from './heap.js';

/** Copies of variables in the heap, one after the other from one address on. */
export class Mirror {
  readonly variables: readonly Variable[];
  /** Where the first begins. */
  readonly address: number;
  /** Number of scalars. */
  readonly size: number;
  /** Where each begins, in numbers from the first. */
  readonly offsets: readonly number[];
  readonly #heap: Heap;
  /** The data that each copy was made of: TF.js gives a variable new data when it is assigned. */
  readonly #copied: (object | null)[];

  constructor(heap: Heap, variables: readonly Variable[]) {
    this.#heap = heap;
    this.variables = variables;
    let offset = 0;
    this.offsets = variables.map(({ size }) => (offset += size) - size);
    this.size = offset;
    this.#copied = variables.map(() => null);
    this.address = heap.allocate(4 * offset);
  }

  /** Address of each copy, by the data of the variable as it is now. */
  get addresses(): Map<object, number> {
    return new Map(this.variables.map(({ dataId }, i) => [dataId, this.address + 4 * this.offsets[i]]));
  }

  /** Brings the copies of variables that have been assigned up to date. */
  pull(): void {
    this.variables.forEach((variable, i) => {
      if (this.#copied[i] === variable.dataId) return;
      this.#values(i).set(tf.engine().readSync(variable.dataId) as Float32Array);
      this.#copied[i] = variable.dataId;
    });
  }

  /** Assigns the copies to the variables. */
  push(): void {
    tf.tidy(() => {
      this.variables.forEach((variable, i) => {
        variable.assign(tf.tensor(this.#values(i), variable.shape, 'float32'));
        this.#copied[i] = variable.dataId;
      });
    });
  }

  free(): void {
    this.#heap.free(this.address);
  }

  #values(i: number): Float32Array {
    return this.#heap.floats(this.address + 4 * this.offsets[i], this.variables[i].size);
  }
}

/** One mirror for several functions of the same variables, made when first needed. */
export class SharedMirror {
  readonly #variables: () => readonly Variable[];
  #mirror: Mirror | null = null;

  constructor(variables: () => readonly Variable[]) {
    this.#variables = variables;
  }

  in(heap: Heap): Mirror {
    return (this.#mirror ??= new Mirror(heap, this.#variables()));
  }

  /** The functions have been disposed of before. */
  free(): void {
    this.#mirror?.free();
    this.#mirror = null;
  }
}
