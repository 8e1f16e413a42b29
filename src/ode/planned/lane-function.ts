import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { SimdCall } from '../../kernels/fused/wasm.js';
import type { Heap } from '../../replay/heap.js';
import type { Lane } from '../../replay/lanes.js';
import type { Mirror } from '../../replay/mirror.js';
import { compile, type Program } from '../../replay/program.js';
import { trace } from '../../replay/trace.js';

/** A function of some rows as calls into the SIMD module. */
export class LaneFunction {
  readonly #heap: Heap;
  readonly #program: Program;
  readonly #inputs: readonly object[];
  readonly #variables: ReadonlyMap<object, number>;
  readonly #constants = new Map<object, number>();

  /**
   * Writes a computation down by running it once.
   *
   * @param inputs of the shapes that the function will get, each with data of its own
   * @param mirror all variables that it may read
   * @returns null when it cannot be repeated from its kernels
   */
  static from(
    compute: (inputs: Tensor[]) => Tensor[],
    inputs: Tensor[],
    mirror: Mirror,
    heap: Heap,
  ): LaneFunction | null {
    const data = inputs.map(({ dataId }) => dataId);
    const variables = mirror.addresses;
    const traced = trace(() => compute(inputs), new Set([...data, ...variables.keys()]));
    const program = traced && compile(traced);
    return program && new LaneFunction(heap, program, data, variables);
  }

  private constructor(heap: Heap, program: Program, inputs: readonly object[], variables: ReadonlyMap<object, number>) {
    this.#heap = heap;
    this.#program = program;
    this.#inputs = inputs;
    this.#variables = variables;
    for (const [data, values] of program.constants) this.#constants.set(data, heap.write(values));
  }

  /** Bytes of work space that one call needs. */
  get workBytes(): number {
    return this.#program.workBytes;
  }

  /** The calls that read inputs at some addresses and write the outputs to others. */
  calls(inputs: readonly number[], outputs: readonly number[], work: number): SimdCall[] {
    const known = new Map(this.#variables);
    this.#inputs.forEach((data, i) => known.set(data, inputs[i]));
    return this.#program.calls({ known, constants: this.#constants, outputs, work });
  }

  free(): void {
    for (const address of this.#constants.values()) this.#heap.free(address);
  }
}

/**
 * The same function for lanes of all lengths that there are, by length.
 *
 * @param examples inputs for a lane of so many rows; they are freed
 * @returns null when it cannot be repeated from its kernels
 */
export function laneFunctions(
  compute: (inputs: Tensor[]) => Tensor[],
  lanes: readonly Lane[],
  examples: (rows: number) => Tensor[],
  mirror: Mirror,
  heap: Heap,
): Map<number, LaneFunction> | null {
  const functions = new Map<number, LaneFunction>();
  for (const rows of new Set(lanes.map((lane) => lane.rows))) {
    const inputs = tf.tidy(() => examples(rows));
    const made = LaneFunction.from(compute, inputs, mirror, heap);
    tf.dispose(inputs);
    if (!made) {
      for (const known of functions.values()) known.free();
      return null;
    }
    functions.set(rows, made);
  }
  return functions;
}
