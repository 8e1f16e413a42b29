import { Affine } from '../../bijectors/affine.js';
import { Permute } from '../../bijectors/permute.js';
import { ElementwiseAffine, type ScaleMap } from '../../elementwise/elementwise-affine.js';
import type { Tensors } from './linears.js';
import type { ReadPart, WrittenPart } from './peer.js';
import { inverseOrder, vector } from './tensor-shelf.js';
import type { Description } from './weight-map.js';

/** Which way entry `i` of what comes out is entry `permutation[i]` of what goes in; here towards the data. */
export type PermutationDirection = 'towards the base' | 'towards the data';

export function readPermutation(
  layer: Description,
  features: number,
  direction: PermutationDirection,
): ReadPart<Permute> {
  // prettier-ignore
  const order = layer.counts('permutation', features);
  if (order.some((_, i) => !order.includes(i))) throw layer.unmapped(`permutation [${order.join(', ')}]`);
  const permutation = direction === 'towards the data' ? order : inverseOrder(order);
  return { part: new Permute({ permutation }), tensors: new Map() };
}

export function describePermutation(bijector: Permute, name: string, direction: PermutationDirection): WrittenPart {
  const { eventShape, permutation } = bijector.getConfig() as { eventShape: number[]; permutation?: number[] };
  // A `Reverse` says only how long it is.
  const ours = permutation ?? Array.from({ length: eventShape[0] }, (_, i) => eventShape[0] - 1 - i);
  const theirs = direction === 'towards the data' ? [...ours] : inverseOrder(ours);
  return { layer: { class: name, permutation: theirs }, tensors: new Map() };
}

/** From `z = scale · x + shift` towards the base; not trained, as over there. */
export function readAffine(scale: readonly number[], shift: readonly number[]): ReadPart<Affine> {
  const slope = scale.map((s) => 1 / s);
  const offset = shift.map((t, i) => -t * slope[i]);
  const tensors: Tensors = new Map([
    ['shift', vector(offset)],
    ['logScale', vector(slope.map((s) => Math.log(Math.abs(s))))],
  ]);
  if (slope.some((s) => s < 0)) tensors.set('sign', vector(slope.map(Math.sign)));
  return { part: new Affine({ scale: slope, shift: offset, learnable: false }), tensors };
}

/** Whether a scalar map is affine with the scale of this form, and with this least value where the form has one. */
export function isAffine(transform: unknown, form: ScaleMap, expectedLeast = 1e-3): boolean {
  if (!(transform instanceof ElementwiseAffine)) return false;
  const { scale, least } = transform.getConfig() as { scale: ScaleMap; least: number };
  return scale === form && (scale === 'exp' || scale === 'inverseExp' || least === expectedLeast);
}
