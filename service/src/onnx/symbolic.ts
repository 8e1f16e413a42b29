import type { Trace, TracedTensor } from './tracer.js';
import { FlowConfigError } from 'tfjs-flows';

/** `times · batch + plus`. */
export interface OfBatch {
  readonly times: number;
  readonly plus: number;
}

/** A length, which may depend on the number of rows. */
export type Length = number | OfBatch;

/** A tensor of any number of rows. */
export interface Value {
  readonly id: number;
  readonly shape: readonly Length[];
  readonly dtype: TracedTensor['dtype'];
}

/** Values of attributes: lengths where they are numbers. */
export type Attributes = Readonly<Record<string, unknown>>;

/** A kernel on tensors of any number of rows. */
export interface SymbolicNode {
  readonly kernel: string;
  readonly inputs: Readonly<Record<string, Value>>;
  readonly attributes: Attributes;
  readonly outputs: readonly Value[];
}

/** A constant; its shape may depend on the number of rows, its values, given for one slice, do not. */
export interface SymbolicConstant {
  readonly value: Value;
  /** Shape of `values`: 1 along axes that depend on the rows. */
  readonly slice: readonly number[];
  readonly values: Float32Array | Int32Array | Uint8Array;
}

/** What a computation does for any number of rows. */
export interface SymbolicTrace {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly constants: readonly SymbolicConstant[];
  readonly nodes: readonly SymbolicNode[];
}

/** Whether a length depends on the number of rows. */
export function isOfBatch(length: unknown): length is OfBatch {
  return typeof length === 'object' && length !== null && 'times' in length;
}

/**
 * Finds in two traces of one computation, with two numbers of rows, what depends on that number.
 *
 * @throws FlowConfigError when they differ in more.
 */
export function generalise(where: string, [a, b]: readonly [Trace, Trace], rows: readonly [number, number]): SymbolicTrace {
  const refuse = (got: string) => new FlowConfigError(where, { expected: 'a computation that is the same for any number of rows', got }); // prettier-ignore
  if (a.nodes.length !== b.nodes.length || a.constants.length !== b.constants.length) throw refuse(`${a.nodes.length} operations for ${rows[0]} rows, ${b.nodes.length} for ${rows[1]}`); // prettier-ignore

  const length = (x: number, y: number): Length => {
    if (x === y) return x;
    const times = (y - x) / (rows[1] - rows[0]);
    const plus = x - times * rows[0];
    if (!Number.isInteger(times)) throw refuse(`lengths ${x} and ${y} for ${rows.join(' and ')} rows`);
    return { times, plus };
  };
  const value = (x: TracedTensor, y: TracedTensor): Value => {
    if (x.value !== y.value || x.shape.length !== y.shape.length || x.dtype !== y.dtype) throw refuse('another order of operations'); // prettier-ignore
    return { id: x.value, shape: x.shape.map((own, axis) => length(own, y.shape[axis])), dtype: x.dtype };
  };
  const both = (x: unknown, y: unknown): unknown => {
    if (typeof x === 'number' && typeof y === 'number') return Number.isInteger(x) && Number.isInteger(y) ? length(x, y) : same(x, y);
    if (Array.isArray(x) && Array.isArray(y) && x.length === y.length) return x.map((entry, i) => both(entry, y[i]));
    if (typeof x === 'object' && x !== null && typeof y === 'object' && y !== null) return Object.fromEntries(Object.entries(x).map(([key, entry]) => [key, both(entry, (y as Record<string, unknown>)[key])]));
    return same(x, y);
  };
  const same = (x: unknown, y: unknown): unknown => {
    if (!Object.is(x, y)) throw refuse(`${String(x)} and ${String(y)}`);
    return x;
  };

  const constants = a.constants.map(({ tensor, values }, i): SymbolicConstant => {
    const merged = value(tensor, b.constants[i].tensor);
    const own = merged.shape.some(isOfBatch) ? sliceOf(tensor.shape, merged.shape, values) : values;
    if (!own) throw refuse('constants that differ from row to row');
    return { value: merged, slice: merged.shape.map((l) => (isOfBatch(l) ? 1 : l)), values: own };
  });
  const nodes = a.nodes.map((node, i): SymbolicNode => {
    const other = b.nodes[i];
    if (node.kernel !== other.kernel) throw refuse(`${node.kernel} and ${other.kernel}`);
    const inputs = Object.fromEntries(Object.entries(node.inputs).map(([name, input]) => [name, value(input, other.inputs[name])]));
    return { kernel: node.kernel, inputs, attributes: both(node.attributes, other.attributes) as Attributes, outputs: node.outputs.map((output, k) => value(output, other.outputs[k])) };
  });
  const ports = (x: readonly TracedTensor[], y: readonly TracedTensor[]) => x.map((port, i) => value(port, y[i]));
  return { inputs: ports(a.inputs, b.inputs), outputs: ports(a.outputs, b.outputs), constants, nodes };
} // prettier-ignore

/** The values at index 0 of the axes that depend on the rows, if they are the same at all others. */
function sliceOf<T extends Float32Array | Int32Array | Uint8Array>(shape: readonly number[], lengths: readonly Length[], values: T): T | null {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const kept: number[] = [];
  const at = (flat: number, axis: number) => Math.floor(flat / strides[axis]) % shape[axis];
  for (let flat = 0; flat < values.length; flat++) {
    const first = flat - lengths.reduce<number>((sum, length, axis) => sum + (isOfBatch(length) ? at(flat, axis) * strides[axis] : 0), 0);
    if (first === flat) kept.push(flat);
    else if (!Object.is(values[first], values[flat])) return null;
  }
  return (values.constructor as unknown as { from(source: number[]): T }).from(kept.map((flat) => values[flat]));
} // prettier-ignore
