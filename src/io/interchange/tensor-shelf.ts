import { FlowFileError } from '../../errors.js';
import { formatShape, sameShape, sizeOf, type Shape } from '../../shapes.js';
import type { StoredTensor } from '../safetensors.js';

/** Tensors by name, which are taken from it; what nobody took is told in the end. */
export class TensorShelf {
  readonly #tensors: ReadonlyMap<string, StoredTensor>;
  readonly #taken: Set<string>;
  readonly #prefix: string;
  readonly #where: string;

  constructor(tensors: ReadonlyMap<string, StoredTensor>, where: string, prefix = '', taken = new Set<string>()) {
    this.#tensors = tensors;
    this.#where = where;
    this.#prefix = prefix;
    this.#taken = taken;
  }

  /** Those whose names begin with a prefix. */
  under(prefix: string): TensorShelf {
    return new TensorShelf(this.#tensors, this.#where, this.#prefix + prefix, this.#taken);
  }

  has(name: string): boolean {
    return this.#tensors.has(this.#prefix + name);
  }

  /** @throws FlowFileError when it is missing, or of another shape than the one given. */
  take(name: string, shape?: Shape): StoredTensor {
    const path = this.#prefix + name;
    const tensor = this.#tensors.get(path);
    if (!tensor || (shape && !sameShape(tensor.shape, shape))) {
      throw new FlowFileError(this.#where, {
        expected: `tensor "${path}"${shape ? ` of shape ${formatShape(shape)}` : ''}`,
        got: tensor ? formatShape(tensor.shape) : 'none of that name',
        hint: 'The map and the weights do not belong together, or the layer has parts that are not described.',
      });
    }
    this.#taken.add(path);
    return tensor;
  }

  /** One number a coordinate, which may be stored as a single one for all of them. */
  takeEach(name: string, dims: number): number[] {
    const { values } = this.take(name);
    if (values.length === dims) return [...values];
    if (values.length === 1) return Array<number>(dims).fill(values[0]);
    return [...this.take(name, [dims]).values];
  }

  /** Whole numbers `n` for which there is a tensor of this name, in ascending order. */
  places(name: (n: number | string) => string): number[] {
    const pattern = new RegExp(`^${[this.#prefix, name('@')].join('').replaceAll('.', '\\.').replace('@', '(\\d+)')}$`);
    const found = [...this.#tensors.keys()].flatMap((path) => pattern.exec(path)?.[1] ?? []);
    return found.map(Number).sort((a, b) => a - b);
  }

  /** @throws FlowFileError when a tensor was not taken: something in the model is not described. */
  checkEmpty(): void {
    const left = [...this.#tensors.keys()].filter((path) => !this.#taken.has(path));
    if (left.length === 0) return;
    throw new FlowFileError(this.#where, {
      expected: 'tensors of the layers that the map describes',
      got: `"${left.slice(0, 5).join('", "')}"${left.length > 5 ? ` and ${left.length - 5} more` : ''} besides`,
      hint: 'The model has parts without a like here, such as batch normalisation inside a network.',
    });
  }
}

/** A matrix with its axes exchanged: `Linear` of PyTorch keeps `[outputs, inputs]`, layers here `[inputs, outputs]`. */
export function transposed({ shape: [rows, columns], values }: StoredTensor): StoredTensor {
  const result = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = values[i * columns + j];
  return { shape: [columns, rows], values: result };
}

/** Entries `order[i]` along the first axis. */
export function takeRows({ shape, values }: StoredTensor, order: readonly number[]): StoredTensor {
  const width = sizeOf(shape.slice(1));
  const result = new Float32Array(order.length * width);
  order.forEach((row, i) => result.set(values.subarray(row * width, (row + 1) * width), i * width));
  return { shape: [order.length, ...shape.slice(1)], values: result };
}

/** Entries along the first axis, each times a number. */
export function timesRows({ shape, values }: StoredTensor, factors: readonly number[]): StoredTensor {
  const width = sizeOf(shape.slice(1));
  return { shape, values: values.map((value, i) => value * factors[Math.floor(i / width)]) };
}

/** Columns from `begin` to before `end` of a matrix. */
export function takeColumns(
  { shape: [rows, columns], values }: StoredTensor,
  begin: number,
  end: number,
): StoredTensor {
  const result = new Float32Array(rows * (end - begin));
  for (let i = 0; i < rows; i++) result.set(values.subarray(i * columns + begin, i * columns + end), i * (end - begin));
  return { shape: [rows, end - begin], values: result };
}

/** Two matrices side by side. */
export function sideBySide(a: StoredTensor, b: StoredTensor): StoredTensor {
  const [rows, left] = a.shape;
  const width = left + b.shape[1];
  const result = new Float32Array(rows * width);
  for (let i = 0; i < rows; i++) {
    result.set(a.values.subarray(i * left, (i + 1) * left), i * width);
    result.set(b.values.subarray(i * b.shape[1], (i + 1) * b.shape[1]), i * width + left);
  }
  return { shape: [rows, width], values: result };
}

/** Entry by entry. */
export function combined(a: StoredTensor, b: StoredTensor, combine: (a: number, b: number) => number): StoredTensor {
  return { shape: a.shape, values: a.values.map((value, i) => combine(value, b.values[i])) };
}

export function vector(values: ArrayLike<number>): StoredTensor {
  return { shape: [values.length], values: Float32Array.from(values) };
}

export function filled(shape: Shape, value: number): StoredTensor {
  return { shape, values: new Float32Array(sizeOf(shape)).fill(value) };
}

/** The order that undoes an order. */
export function inverseOrder(order: readonly number[]): number[] {
  const inverse = Array<number>(order.length);
  order.forEach((from, to) => (inverse[from] = to));
  return inverse;
}
