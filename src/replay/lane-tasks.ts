import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { SimdCall } from '../kernels/fused/wasm.js';
import type { Shape } from '../shapes.js';
import type { Heap } from './heap.js';
import type { Lane } from './lanes.js';
import { compile, type Program } from './program.js';
import { trace } from './trace.js';

/** A program for lanes of one size. */
export interface LaneProgram {
  readonly program: Program;
  /** Data of the inputs in the trace. */
  readonly inputs: readonly object[];
  /** Addresses of the variables, by their data in the trace. */
  readonly variables: ReadonlyMap<object, number>;
  readonly outputShapes: readonly Shape[];
  /** What TF.js itself found for the first rows. */
  readonly expected: readonly Float32Array[];
}

/**
 * Runs a computation eagerly on the first rows of a batch, and writes down what it does.
 *
 * @param variables addresses by data of all variables it may read
 * @returns null when it cannot be repeated
 */
export function programFor(
  compute: (inputs: Tensor[]) => Tensor[],
  inputs: readonly Tensor[],
  rows: number,
  variables: ReadonlyMap<object, number>,
): LaneProgram | null {
  let result: LaneProgram | null = null;
  tf.tidy(() => {
    const parts = inputs.map((x) => tf.slice(x, 0, rows));
    const data = parts.map(({ dataId }) => dataId);
    const traced = trace(() => compute(parts), new Set([...data, ...variables.keys()]));
    const program = traced && compile(traced);
    if (!program) return;
    const outputShapes = traced.outputs.map(({ shape }) => shape);
    result = { program, inputs: data, variables, outputShapes, expected: traced.values };
  });
  return result;
}

/** One task a lane, and the memory that they need beside inputs and outputs. */
export class LaneTasks {
  readonly tasks: readonly (readonly SimdCall[])[];
  readonly #heap: Heap;
  readonly #owned: number[] = [];

  /**
   * @param programs by number of rows
   * @param inputs where all rows of each input begin, and the numbers of one row
   * @param outputsOf where each output of a lane goes
   */
  constructor(
    heap: Heap,
    lanes: readonly Lane[],
    programs: ReadonlyMap<number, LaneProgram>,
    inputs: readonly { readonly address: number; readonly width: number }[],
    outputsOf: (lane: Lane, index: number) => readonly number[],
  ) {
    this.#heap = heap;
    const constants = new Map<object, number>();
    for (const { program } of programs.values()) {
      for (const [data, values] of program.constants) constants.set(data, this.#own(heap.write(values)));
    }
    this.tasks = lanes.map((lane, index) => {
      const { program, inputs: data, variables } = programs.get(lane.rows)!;
      const known = new Map(variables);
      data.forEach((input, i) => known.set(input, inputs[i].address + 4 * lane.start * inputs[i].width));
      const work = this.#own(heap.allocate(program.workBytes));
      return program.calls({ known, constants, outputs: outputsOf(lane, index), work });
    });
  }

  free(): void {
    for (const address of this.#owned) this.#heap.free(address);
  }

  #own(address: number): number {
    this.#owned.push(address);
    return address;
  }
}

/** Whether a program gives what TF.js gave, up to rounding. */
export function agrees(actual: ArrayLike<number>, expected: ArrayLike<number>): boolean {
  const values = Array.from(expected);
  const size = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return values.every((value, i) => Object.is(value, actual[i]) || Math.abs(value - actual[i]) <= 1e-3 * (size + 1e-6));
}
