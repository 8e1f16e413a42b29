import { LULinear } from '../../bijectors/linear/lu-linear.js';
import type { Tensors } from './linears.js';
import type { ReadPart, WrittenPart } from './peer.js';
import { filled, type TensorShelf } from './tensor-shelf.js';
import type { LayerDescription } from './weight-map.js';

/** `LULinear` of nflows and normflows is ours: the same triangles packed row by row, the same diagonal. */
export function readLu(from: TensorShelf, dims: number): ReadPart<LULinear> {
  const entries = (dims * (dims - 1)) / 2;
  const tensors: Tensors = new Map([
    ['diagonal', from.take('unconstrained_upper_diag', [dims])],
    ['bias', from.take('bias', [dims])],
  ]);
  const [lower, upper] = ['lower_entries', 'upper_entries'].map((name) => from.take(name, [entries]));
  if (entries > 0) tensors.set('lower', lower).set('upper', upper);
  return { part: new LULinear({ dims }), tensors };
}

export function writeLu(from: TensorShelf, layer: LayerDescription, prefix = ''): WrittenPart {
  const triangle = (name: string) => (from.has(name) ? from.take(name) : filled([0], 0));
  const tensors: Tensors = new Map([
    [`${prefix}lower_entries`, triangle('lower')],
    [`${prefix}upper_entries`, triangle('upper')],
    [`${prefix}unconstrained_upper_diag`, from.take('diagonal')],
    [`${prefix}bias`, from.take('bias')],
  ]);
  return { layer, tensors };
}
