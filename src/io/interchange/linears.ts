import type { StoredTensor } from '../safetensors.js';
import { combined, inverseOrder, takeRows, transposed, type TensorShelf } from './tensor-shelf.js';

/** Tensors by name that are being put together. */
export type Tensors = Map<string, StoredTensor>;

/**
 * `Linear` of PyTorch as `Dense` here: connections that a mask takes out are zero.
 *
 * @param rows our output `j` is row `rows[j]` of theirs; default: the same order
 */
export function readLinear(
  from: TensorShelf,
  theirs: string,
  into: Tensors,
  ours: string,
  rows: readonly number[] | null = null,
): void {
  const { weight, bias } = takeLinear(from, theirs);
  into.set(`${ours}.kernel`, transposed(rows ? takeRows(weight, rows) : weight));
  into.set(`${ours}.bias`, rows ? takeRows(bias, rows) : bias);
}

/** Weight `[outputs, inputs]`, times the mask where there is one, and bias of a `Linear`. */
export function takeLinear(from: TensorShelf, name: string): { weight: StoredTensor; bias: StoredTensor } {
  const weight = from.take(`${name}.weight`);
  const bias = from.take(`${name}.bias`, [weight.shape[0]]);
  if (!from.has(`${name}.mask`)) return { weight, bias };
  return { weight: combined(weight, from.take(`${name}.mask`, weight.shape), (w, m) => w * m), bias };
}

/** The other way. */
export function writeLinear(
  from: TensorShelf,
  ours: string,
  into: Tensors,
  theirs: string,
  rows: readonly number[] | null = null,
): void {
  const weight = transposed(from.take(`${ours}.kernel`));
  const bias = from.take(`${ours}.bias`);
  const order = rows && inverseOrder(rows);
  into.set(`${theirs}.weight`, order ? takeRows(weight, order) : weight);
  into.set(`${theirs}.bias`, order ? takeRows(bias, order) : bias);
}

/** Tensors by their paths below a child of this name. */
export function below(child: string, tensors: Tensors): Tensors {
  return new Map([...tensors].map(([path, tensor]) => [`${child}.${path}`, tensor]));
}
