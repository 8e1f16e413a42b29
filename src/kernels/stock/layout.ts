import type { SimdCall } from '../fused/wasm.js';
import { sizeOf, type Shape } from '../../shapes.js';
import type { Lowering, Place } from './lowering.js';

export const LAYOUT: Readonly<Record<string, Lowering>> = {
  Slice: ({ inputs: { x }, outputs: [y], attributes }) => {
    const begin = [attributes.begin as number | number[]].flat();
    return move(x.address + 4 * offsetOf(begin, x.shape), strides(x.shape), y!.address, strides(y!.shape), y!.shape);
  },
  Concat: ({ inputs, outputs: [y], attributes }) => {
    const axis = positive(attributes.axis as number, y!.shape.length);
    let at = 0;
    return all(
      Object.values(inputs)
        .filter(({ shape }) => sizeOf(shape) > 0)
        .map((x) => {
          const to = y!.address + 4 * at * strides(y!.shape)[axis];
          at += x.shape[axis];
          return move(x.address, strides(x.shape), to, strides(y!.shape), x.shape);
        }),
    );
  },
  SplitV: ({ inputs: { x }, outputs, attributes }) => {
    const axis = positive(attributes.axis as number, x.shape.length);
    return partsOf(x, outputs, axis, (y) => y.shape);
  },
  Unpack: ({ inputs: { value }, outputs, attributes }) => {
    const axis = positive(attributes.axis as number, value.shape.length);
    return partsOf(value, outputs, axis, () => value.shape.map((length, i) => (i === axis ? 1 : length)));
  },
  Pack: ({ inputs, outputs: [y], attributes }) => {
    const axis = positive(attributes.axis as number, y!.shape.length);
    const part = y!.shape.map((length, i) => (i === axis ? 1 : length));
    return all(
      Object.values(inputs).map((x, i) =>
        move(x.address, strides(part), y!.address + 4 * i * strides(y!.shape)[axis], strides(y!.shape), part),
      ),
    );
  },
  PadV2: ({ inputs: { x }, outputs: [y], attributes }) => {
    const before = (attributes.paddings as [number, number][]).map(([count]) => count);
    const to = y!.address + 4 * offsetOf(before, y!.shape);
    const filled: SimdCall = ['fill', y!.address, sizeOf(y!.shape), attributes.constantValue as number];
    return all([[filled], move(x.address, strides(x.shape), to, strides(y!.shape), x.shape)]);
  },
  Transpose: ({ inputs: { x }, outputs: [y], attributes }) => {
    const steps = strides(x.shape);
    return move(x.address, (attributes.perm as number[]).map((axis) => steps[axis]), y!.address, strides(y!.shape), y!.shape); // prettier-ignore
  },
  Reverse: ({ inputs: { x }, outputs: [y], attributes }) => {
    const dims = attributes.dims ?? x.shape.map((_, i) => i);
    const axes = [dims as number | number[]].flat().map((axis) => positive(axis, x.shape.length));
    const steps = strides(x.shape);
    const last = x.shape.map((length, i) => (axes.includes(i) ? length - 1 : 0));
    const from = x.address + 4 * offsetOf(last, x.shape);
    return move(from, steps.map((step, i) => (axes.includes(i) ? -step : step)), y!.address, strides(y!.shape), x.shape); // prettier-ignore
  },
  Tile: ({ inputs: { x }, outputs: [y], attributes }) => {
    const reps = attributes.reps as number[];
    // Each axis is run through `reps` times: a step of zero along an axis of its own.
    const shape = x.shape.flatMap((length, i) => [reps[i], length]);
    const from = strides(x.shape).flatMap((step) => [0, step]);
    const to = strides(y!.shape).flatMap((step, i) => [step * x.shape[i], step]);
    return move(x.address, from, y!.address, to, shape);
  },
  GatherV2: ({ inputs: { x, indices }, outputs: [y], attributes }) => {
    if (attributes.batchDims || indices.dtype !== 'int32') return null;
    const axis = positive(attributes.axis as number, x.shape.length);
    const outer = sizeOf(x.shape.slice(0, axis));
    const inner = sizeOf(x.shape.slice(axis + 1));
    return [['gather', x.address, indices.address, y!.address, outer, sizeOf(indices.shape), inner, x.shape[axis]]];
  },
};

/** Copies numbers that lie in one piece. */
export function copyNumbers(from: number, to: number, count: number): SimdCall {
  return ['copy', from, to, 1, 1, 1, count, 0, 0, 0, 1, 0, 0, 0, 1];
}

function partsOf(
  x: Place,
  outputs: readonly (Place | null)[],
  axis: number,
  shapeOf: (output: Place) => Shape,
): SimdCall[] | null {
  const steps = strides(x.shape);
  let at = 0;
  const lengths = splitLengths(outputs, axis, shapeOf, x.shape[axis]);
  if (!lengths) return null;
  return all(
    outputs.map((y, i) => {
      const from = x.address + 4 * at * steps[axis];
      at += lengths[i];
      if (!y) return [];
      const shape = shapeOf(y);
      return move(from, steps, y.address, strides(shape), shape);
    }),
  );
}

/** Lengths of the parts; that of one that nobody reads follows from the others. */
function splitLengths(
  outputs: readonly (Place | null)[],
  axis: number,
  shapeOf: (output: Place) => Shape,
  total: number,
): number[] | null {
  const known = outputs.map((y) => (y ? shapeOf(y)[axis] : null));
  const missing = known.filter((length) => length === null).length;
  const rest = total - known.reduce<number>((sum, length) => sum + (length ?? 0), 0);
  return missing > 0 && rest % missing !== 0 ? null : known.map((length) => length ?? rest / missing);
}

/** One axis of a box: its length, and the steps along it in both layouts, in numbers. */
interface Axis {
  readonly length: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Copies a box between two layouts. The shortest of more than four axes that cannot be merged become calls each; null when
 * that makes too many.
 */
function move(
  from: number,
  fromSteps: readonly number[],
  to: number,
  toSteps: readonly number[],
  shape: Shape,
): SimdCall[] | null {
  const axes: Axis[] = [];
  shape.forEach((length, i) => {
    if (length === 1) return;
    const last = axes.at(-1);
    const axis = { length, from: fromSteps[i], to: toSteps[i] };
    if (last && last.from === axis.from * length && last.to === axis.to * length) {
      axes[axes.length - 1] = { ...axis, length: last.length * length };
    } else {
      axes.push(axis);
    }
  });
  let starts: readonly (readonly [number, number])[] = [[from, to]];
  while (axes.length > 4) {
    const shortest = axes.reduce((least, axis) => (axis.length < least.length ? axis : least));
    axes.splice(axes.indexOf(shortest), 1);
    const places = Array.from({ length: shortest.length }, (_, i) => [4 * i * shortest.from, 4 * i * shortest.to]);
    starts = starts.flatMap(([a, b]) => places.map(([x, y]) => [a + x, b + y] as const));
  }
  if (starts.length > MAX_CALLS) return null;
  while (axes.length < 4) axes.unshift({ length: 1, from: 0, to: 0 });
  if (axes[3].length === 1) axes[3] = { length: 1, from: 1, to: 1 };
  const box = [...axes.map(({ length }) => length), ...axes.map((axis) => axis.from), ...axes.map((axis) => axis.to)];
  return starts.map(([a, b]) => ['copy', a, b, ...box]);
}

/** Calls that one kernel may turn into; beyond it, the overhead would be worse than the engine's. */
const MAX_CALLS = 64;

/** Numbers from one entry to the next along each axis of a row-major tensor. */
function strides(shape: Shape): number[] {
  const steps = Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) steps[axis] = steps[axis + 1] * shape[axis + 1];
  return steps;
}

function offsetOf(index: readonly number[], shape: Shape): number {
  const steps = strides(shape);
  return index.reduce((sum, at, axis) => sum + at * steps[axis], 0);
}

function positive(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** All calls together, or null if any part could not be said. */
function all(parts: readonly (SimdCall[] | null)[]): SimdCall[] | null {
  return parts.some((part) => part === null) ? null : parts.flatMap((part) => part!);
}
