import type { Attribute, ElementType, Initializer, OnnxNode } from './model-proto.js';
import { isOfBatch, type Length } from './symbolic.js';

/** Puts the nodes and constants of a graph down, each under a name of its own. */
export class GraphBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: Initializer[] = [];
  readonly #constants = new Map<string, string>();
  readonly #rowsOf: string;
  #rows: string | null = null;
  #count = 0;

  /** @param rowsOf name of the input whose first axis has the rows */
  constructor(rowsOf: string) {
    this.#rowsOf = rowsOf;
  }

  /** A node of one output; the name of that. */
  add(op: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}): string {
    return this.addAll(op, inputs, 1, attributes)[0];
  }

  /** A node of several outputs. */
  addAll(op: string, inputs: readonly string[], outputs: number, attributes: Record<string, Attribute> = {}): string[] {
    const names = Array.from({ length: outputs }, () => `v${this.#count++}`);
    this.nodes.push({ op, inputs, outputs: names, attributes });
    return names;
  }

  floats(values: ArrayLike<number>, shape: readonly number[] = []): string {
    return this.#constant('float32', shape, new Uint8Array(Float32Array.from(values).buffer));
  }

  float(value: number): string {
    return this.floats([value]);
  }

  ints(values: ArrayLike<number>, shape: readonly number[] = []): string {
    return this.#constant('int32', shape, new Uint8Array(Int32Array.from(values).buffer));
  }

  bools(values: Uint8Array, shape: readonly number[]): string {
    return this.#constant('bool', shape, values.slice());
  }

  /** Whole numbers as ONNX wants them for shapes and axes, `[length]`. */
  longs(values: readonly number[]): string {
    return this.#constant('int64', [values.length], new Uint8Array(BigInt64Array.from(values, BigInt).buffer));
  }

  /** The same, of lengths that may depend on the number of rows. */
  lengths(values: readonly Length[]): string {
    if (!values.some(isOfBatch)) return this.longs(values as number[]);
    const parts = values.map((value) => {
      if (!isOfBatch(value)) return this.longs([value]);
      const scaled = value.times === 1 ? this.rows() : this.add('Mul', [this.rows(), this.longs([value.times])]);
      return value.plus === 0 ? scaled : this.add('Add', [scaled, this.longs([value.plus])]);
    });
    return parts.length === 1 ? parts[0] : this.add('Concat', parts, { axis: 0 });
  }

  /** The number of rows, `[1]`. */
  rows(): string {
    this.#rows ??= this.add('Gather', [this.add('Shape', [this.#rowsOf]), this.longs([0])]);
    return this.#rows;
  }

  #constant(type: ElementType, shape: readonly number[], bytes: Uint8Array): string {
    const key = bytes.length <= 64 ? `${type} ${shape.join()} ${bytes.join()}` : null;
    const before = key === null ? undefined : this.#constants.get(key);
    if (before !== undefined) return before;
    const name = `c${this.initializers.length}`;
    this.initializers.push({ name, type, shape, bytes });
    if (key !== null) this.#constants.set(key, name);
    return name;
  }
}
