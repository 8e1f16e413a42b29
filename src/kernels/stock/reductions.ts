import type { SimdCall } from '../fused/wasm.js';
import { sizeOf, type Shape } from '../../shapes.js';
import { BINARY_CODES, MAX_CALLS } from './elementwise.js';
import { copyNumbers } from './layout.js';
import type { Lowering } from './lowering.js';

export const REDUCTIONS: Readonly<Record<string, Lowering>> = {
  Sum: sum(() => 1),
  Mean: sum((count) => 1 / count),
  Max: ({ inputs: { x }, outputs: [y], attributes }) => {
    const axis = attributes.reductionIndices as number | number[] | undefined;
    const [outer, count, inner, ...more] = keptAndSummed(x.shape, axis);
    if (x.dtype !== 'float32' || more.length > 0 || count > MAX_CALLS) return null;
    if (count === 1) return [copyNumbers(x.address, y!.address, sizeOf(x.shape))];
    // One slice of the axis after the other, against the largest so far.
    const slice = (k: number) => [x.address + 4 * k * inner, count * inner, 1] as const;
    const soFar = [y!.address, inner, 1] as const;
    return Array.from({ length: count - 1 }, (_, k): SimdCall => [
      'binary', BINARY_CODES.Maximum, ...(k === 0 ? slice(0) : soFar), ...slice(k + 1), y!.address, outer, inner,
    ]); // prettier-ignore
  },
  Softmax: ({ inputs: { logits }, outputs: [y], attributes }) => {
    const { shape, dtype } = logits;
    if (dtype !== 'float32' || attributes.dim !== shape.length - 1) return null;
    const width = shape.at(-1)!;
    return [['softmax', logits.address, y!.address, sizeOf(shape) / width, width]];
  },
};

/** Sums times a factor that depends on how many numbers go into one; axes next to each other are one, the last come first. */
function sum(scale: (count: number) => number): Lowering {
  return ({ inputs: { x }, outputs: [y], attributes, scratch }) => {
    if (x.dtype !== 'float32') return null;
    const lengths = keptAndSummed(x.shape, attributes.axis as number | number[] | undefined);
    const calls: SimdCall[] = [];
    let from = x.address;
    let inner = 1;
    for (let last = lengths.length - 2; last > 0; last -= 2) {
      inner *= lengths[last + 1];
      const outer = sizeOf(lengths.slice(0, last));
      const to = last === 1 ? y!.address : scratch(outer * inner);
      const factor = last === 1 ? scale(sizeOf(x.shape) / sizeOf(y!.shape)) : 1;
      calls.push(['sumAxis', from, to, outer, lengths[last], inner, factor]);
      from = to;
    }
    return calls;
  };
}

/** Lengths of stretches of axes that are kept and summed by turns; the first and the last are kept, and may be 1. */
function keptAndSummed(shape: Shape, axis: number | number[] | null | undefined): number[] {
  const axes = axis === undefined || axis === null ? shape.map((_, i) => i) : [axis].flat();
  const summed = new Set(axes.map((i) => (i < 0 ? i + shape.length : i)));
  const lengths = [1];
  shape.forEach((length, i) => {
    if (length === 1) return;
    const summing = lengths.length % 2 === 0;
    if (summed.has(i) === summing) lengths[lengths.length - 1] *= length;
    else lengths.push(length);
  });
  // At least one sum, if of one number each.
  if (lengths.length === 1) lengths.push(1);
  if (lengths.length % 2 === 0) lengths.push(1);
  return lengths;
}
