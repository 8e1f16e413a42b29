import type { FusedKernel } from '../kernels/fused/op.js';
import type { SimdCall } from '../kernels/fused/wasm.js';
import { FUSED_OPS } from '../kernels/fused-ops.js';
import { sizeOf, type Shape } from '../shapes.js';
import { copyNumbers } from '../kernels/stock/layout.js';
import { LOWERINGS } from '../kernels/stock/lowerings.js';
import type { Place, PlacedKernel } from '../kernels/stock/lowering.js';
import { withoutDead } from './cut.js';
import type { Computation, Operand, TracedKernel } from './trace.js';

/** Buffers begin at multiples of a line of the cache. */
const ALIGNMENT = 64;

/** Where the tensors lie that a program does not keep to itself. Addresses are in bytes. */
export interface Bindings {
  /** Of inputs and parameters. */
  readonly known: ReadonlyMap<object, number>;
  readonly constants: ReadonlyMap<object, number>;
  /** Of the outputs, in order. */
  readonly outputs: readonly number[];
  /** Of `workBytes` bytes for everything in between. */
  readonly work: number;
}

/** A computation as calls into the SIMD module, for any place in memory. */
export interface Program {
  /** Constants that it reads. */
  readonly constants: ReadonlyMap<object, Float32Array | Int32Array>;
  /** Kernels of TF.js and of this library that it stands for, one entry a run. */
  readonly kernelNames: readonly string[];
  /** Bytes of work space. */
  readonly workBytes: number;
  calls(bindings: Bindings): SimdCall[];
}

/** Fused kernels by name, gradients included. */
const FUSED = new Map<string, FusedKernel<object>>(
  FUSED_OPS.flatMap((op) => [op, ...(op.gradient ? [op.gradient] : [])]).map((kernel) => [kernel.name, kernel]),
);

/** Turns a computation into a program; null when one of its kernels has no lowering. */
export function compile(computation: Computation): Program | null {
  const kernels = withoutDead(computation);
  if (kernels.some(({ name }) => !(name in LOWERINGS) && !FUSED.get(name)?.wasm)) return null;
  const made = new Set(kernels.flatMap(({ outputs }) => outputs.map(({ data }) => data)));
  const read = new Set([...kernels.flatMap(({ inputs }) => Object.values(inputs)), ...computation.outputs].map(({ data }) => data)); // prettier-ignore
  const constants = new Map([...computation.constants].filter(([data]) => read.has(data)));
  const pinned = pinOutputs(computation.outputs, made);
  const offsets = layOut(kernels, read, pinned, computation.outputs);
  const scratch = new Scratch(offsets.bytes);
  const program: Program = {
    constants,
    kernelNames: kernels.map(({ name }) => name),
    workBytes: 0,
    calls({ known, constants: fixed, outputs, work }) {
      const addressOf = (data: object): number => {
        const output = pinned.get(data);
        if (output !== undefined) return outputs[output];
        const offset = offsets.of.get(data);
        return offset !== undefined ? work + offset : (known.get(data) ?? fixed.get(data))!;
      };
      const place = ({ data, shape, dtype }: Operand): Place => ({ address: addressOf(data), shape, dtype });
      const calls = kernels.flatMap((kernel) => {
        const placed: PlacedKernel = {
          inputs: Object.fromEntries(Object.entries(kernel.inputs).map(([name, operand]) => [name, place(operand)])),
          outputs: kernel.outputs.map((operand) => (read.has(operand.data) ? place(operand) : null)),
          attributes: kernel.attributes,
          scratch: scratch.begin(work),
        };
        const lowered = lower(kernel.name, placed);
        if (!lowered) throw new CannotLower(kernel.name);
        return lowered;
      });
      // What is no kernel's own result, or is wanted twice, is copied at the end.
      const copies = computation.outputs.flatMap((operand, i): SimdCall[] =>
        pinned.get(operand.data) === i ? [] : [copyNumbers(addressOf(operand.data), outputs[i], sizeOf(operand.shape))],
      );
      return [...calls, ...copies];
    },
  };
  try {
    // A first writing tells whether all can be said, and how much scratch memory it takes.
    program.calls({ known: NOWHERE, constants: NOWHERE, outputs: computation.outputs.map(() => 0), work: 0 });
  } catch (error) {
    if (error instanceof CannotLower) return null;
    throw error;
  }
  return { ...program, workBytes: scratch.end };
}

class CannotLower extends Error {}

const NOWHERE: ReadonlyMap<object, number> = new Map();

function lower(name: string, kernel: PlacedKernel): SimdCall[] | null {
  const fused = FUSED.get(name);
  if (!fused) return LOWERINGS[name](kernel);
  const inputs = fused.inputs.map((input) => kernel.inputs[input]);
  return fused.wasm!(
    {
      inputs: inputs.map(({ address }) => address),
      inputShapes: inputs.map(({ shape }) => shape),
      outputs: kernel.outputs.map((output) => output && output.address),
      scratch: kernel.scratch,
    },
    kernel.attributes,
  );
}

/** Results that are written straight to where an output is wanted: the number of that output by the data. */
function pinOutputs(outputs: readonly Operand[], made: ReadonlySet<object>): Map<object, number> {
  const pinned = new Map<object, number>();
  outputs.forEach(({ data }, i) => {
    if (made.has(data) && !pinned.has(data)) pinned.set(data, i);
  });
  return pinned;
}

/** Gives every intermediate result a place in the work space; places are used again once nobody reads them any more. */
function layOut(
  kernels: readonly TracedKernel[],
  read: ReadonlySet<object>,
  pinned: ReadonlyMap<object, number>,
  outputs: readonly Operand[],
): { of: ReadonlyMap<object, number>; bytes: number } {
  const lastUse = new Map<object, number>();
  kernels.forEach(({ inputs }, i) => {
    for (const { data } of Object.values(inputs)) lastUse.set(data, i);
  });
  for (const { data } of outputs) lastUse.set(data, Infinity);
  const of = new Map<object, number>();
  const space = new Space();
  kernels.forEach((kernel, i) => {
    for (const { data, shape } of kernel.outputs) {
      if (read.has(data) && !pinned.has(data) && !of.has(data)) of.set(data, space.take(bytesOf(shape)));
    }
    for (const { data, shape } of Object.values(kernel.inputs)) {
      const offset = of.get(data);
      if (offset !== undefined && lastUse.get(data) === i) {
        lastUse.set(data, -1);
        space.give(offset, bytesOf(shape));
      }
    }
  });
  return { of, bytes: space.end };
}

function bytesOf(shape: Shape): number {
  return Math.max(1, Math.ceil((4 * sizeOf(shape)) / ALIGNMENT)) * ALIGNMENT;
}

/** Offsets in a stretch of memory that grows as needed; the smallest gap that fits is taken first. */
class Space {
  end = 0;
  #gaps: { offset: number; bytes: number }[] = [];

  take(bytes: number): number {
    const fitting = this.#gaps.filter((gap) => gap.bytes >= bytes).sort((a, b) => a.bytes - b.bytes)[0];
    if (!fitting) {
      const last = this.#gaps.at(-1);
      const offset = last && last.offset + last.bytes === this.end ? last.offset : this.end;
      if (last && offset !== this.end) this.#gaps.pop();
      this.end = offset + bytes;
      return offset;
    }
    const offset = fitting.offset;
    if (fitting.bytes === bytes) this.#gaps.splice(this.#gaps.indexOf(fitting), 1);
    else Object.assign(fitting, { offset: offset + bytes, bytes: fitting.bytes - bytes });
    return offset;
  }

  give(offset: number, bytes: number): void {
    const gaps = [...this.#gaps, { offset, bytes }].sort((a, b) => a.offset - b.offset);
    this.#gaps = [];
    for (const gap of gaps) {
      const last = this.#gaps.at(-1);
      if (last && last.offset + last.bytes === gap.offset) last.bytes += gap.bytes;
      else this.#gaps.push(gap);
    }
  }
}

/** Scratch memory behind the intermediate results, the same for every kernel. */
class Scratch {
  end: number;
  readonly #start: number;

  constructor(start: number) {
    this.#start = start;
    this.end = start;
  }

  begin(work: number): (floats: number) => number {
    let next = this.#start;
    return (floats) => {
      const offset = next;
      next += Math.ceil((4 * floats) / ALIGNMENT) * ALIGNMENT;
      this.end = Math.max(this.end, next);
      return work + offset;
    };
  }
}
