import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { SimdCall } from '../../kernels/fused/wasm.js';
import type { Lane } from '../../replay/lanes.js';
import type { Mirror } from '../../replay/mirror.js';
import { compile, type Program } from '../../replay/program.js';
import { trace, type Computation } from '../../replay/trace.js';
import type { Memory } from './memory.js';

/** A computation written down, and the data in it that stand for its inputs. */
export interface WrittenDown {
  readonly computation: Computation;
  readonly inputs: readonly object[];
}

/**
 * Writes a computation down by running it once.
 *
 * @param inputs of the shapes that it will get, each with data of its own
 * @param mirror all variables that it may read
 * @returns null when it cannot be repeated
 */
export function writeDown(
  compute: (inputs: Tensor[]) => Tensor[],
  inputs: Tensor[],
  mirror: Mirror,
): WrittenDown | null {
  const data = inputs.map(({ dataId }) => dataId);
  const computation = trace(() => compute(inputs), new Set([...data, ...mirror.addresses.keys()]));
  return computation && { computation, inputs: data };
}

/** A function of some rows as calls into the SIMD module. */
export class LaneFunction {
  readonly #program: Program;
  readonly #inputs: readonly object[];
  readonly #variables: ReadonlyMap<object, number>;
  readonly #constants = new Map<object, number>();

  /**
   * @param memory for its constants
   * @returns null when one of the kernels cannot be said in such calls
   */
  static from({ computation, inputs }: WrittenDown, mirror: Mirror, memory: Memory): LaneFunction | null {
    const program = compile(computation);
    return program && new LaneFunction(program, inputs, mirror.addresses, memory);
  }

  private constructor(
    program: Program,
    inputs: readonly object[],
    variables: ReadonlyMap<object, number>,
    memory: Memory,
  ) {
    this.#program = program;
    this.#inputs = inputs;
    this.#variables = variables;
    for (const [data, values] of program.constants) this.#constants.set(data, memory.write(values));
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
}

/**
 * What is made of examples for lanes of all lengths that there are, by length.
 *
 * @param examples inputs for a lane of so many rows; they are freed
 * @returns null when it cannot be made for one of them
 */
export function byLength<Made>(
  lanes: readonly Lane[],
  examples: (rows: number) => Tensor[],
  make: (inputs: Tensor[]) => Made | null,
): Map<number, Made> | null {
  const found = new Map<number, Made>();
  for (const rows of new Set(lanes.map((lane) => lane.rows))) {
    const inputs = tf.tidy(() => examples(rows));
    const made = make(inputs);
    tf.dispose(inputs);
    if (!made) return null;
    found.set(rows, made);
  }
  return found;
}
