import { sizeOf } from '../../shapes.js';
import type { Lowering } from './lowering.js';

export const REDUCTIONS: Readonly<Record<string, Lowering>> = {
  Sum: sum(() => 1),
  Mean: sum((count) => 1 / count),
};

/** Sums over axes next to each other, times a factor that depends on how many numbers go into one sum. */
function sum(scale: (count: number) => number): Lowering {
  return ({ inputs: { x }, outputs: [y], attributes }) => {
    if (x.dtype !== 'float32') return null;
    const rank = x.shape.length;
    const given = attributes.axis as number | number[] | undefined;
    const listed = given === undefined || given === null ? x.shape.map((_, axis) => axis) : [given].flat();
    const axes = listed.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
    if (axes.some((axis, i) => i > 0 && axis !== axes[i - 1] + 1)) return null;
    const first = axes[0] ?? rank;
    const end = first + axes.length;
    const count = sizeOf(x.shape.slice(first, end));
    const outer = sizeOf(x.shape.slice(0, first));
    const inner = sizeOf(x.shape.slice(end));
    return [['sumAxis', x.address, y!.address, outer, count, inner, scale(count)]];
  };
}
