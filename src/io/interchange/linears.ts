import type { StoredTensor } from '../safetensors.js';
import { combined, inverseOrder, takeRows, timesRows, transposed, type TensorShelf } from './tensor-shelf.js';

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

/** How the outputs of a network have to be changed for the other library. */
export interface OutputChange {
  /** Our output `j` is row `rows[j]` of theirs; null for the same order. */
  readonly rows: readonly number[] | null;
  /** What our outputs are multiplied by; null for nothing. */
  readonly factors: readonly number[] | null;
}

/** No change. */
export const AS_IT_IS: OutputChange = { rows: null, factors: null };

/** The other way than {@link readLinear}. */
export function writeLinear(
  from: TensorShelf,
  ours: string,
  into: Tensors,
  theirs: string,
  { rows, factors }: OutputChange = AS_IT_IS,
): void {
  const order = rows && inverseOrder(rows);
  const changed = (tensor: StoredTensor) => {
    const scaled = factors ? timesRows(tensor, factors) : tensor;
    return order ? takeRows(scaled, order) : scaled;
  };
  into.set(`${theirs}.weight`, changed(transposed(from.take(`${ours}.kernel`))));
  into.set(`${theirs}.bias`, changed(from.take(`${ours}.bias`)));
}

/** Tensors by their paths below a child of this name. */
export function below(child: string, tensors: Tensors): Tensors {
  return new Map([...tensors].map(([path, tensor]) => [`${child}.${path}`, tensor]));
}
