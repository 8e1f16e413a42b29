import type { SimdCall } from '../fused/wasm.js';
import { sizeOf, type Shape } from '../../shapes.js';
import { copyNumbers } from './layout.js';
import type { Lowering, Place } from './lowering.js';

/** Kernels of one operand, with the number of each in the SIMD module. */
const UNARY_CODES = {
  Neg: 0, Exp: 1, Log: 2, Square: 3, Sqrt: 4, Relu: 5, Tanh: 6, Sigmoid: 7, Softplus: 8, Abs: 9,
  Reciprocal: 10, Rsqrt: 11, Erf: 12, Step: 13, LogicalNot: 14, Floor: 15, Sign: 16,
  Sin: 17, Cos: 18,
} as const; // prettier-ignore

/** Kernels of two operands that are broadcast against each other, likewise. */
export const BINARY_CODES = {
  Add: 0, Sub: 1, Multiply: 2, RealDiv: 3, Maximum: 4, Minimum: 5, Greater: 6, GreaterEqual: 7,
  Less: 8, LessEqual: 9, Equal: 10, NotEqual: 11, LogicalAnd: 12, LogicalOr: 13,
} as const; // prettier-ignore

export const ELEMENTWISE: Readonly<Record<string, Lowering>> = {
  ...Object.fromEntries(Object.entries(UNARY_CODES).map(([name, code]) => [name, unary(code)])),
  ...Object.fromEntries(Object.entries(BINARY_CODES).map(([name, code]) => [name, binary(code)])),
  ZerosLike: ({ outputs: [y] }) => [['fill', y!.address, sizeOf(y!.shape), 0]],
  OnesLike: ({ outputs: [y] }) => [['fill', y!.address, sizeOf(y!.shape), 1]],
  AddN: ({ inputs, outputs: [y] }) => {
    const [first, second, ...rest] = Object.values(inputs);
    if (!second) return [copyNumbers(first.address, y!.address, sizeOf(y!.shape))];
    const add = (a: Place, b: Place): SimdCall => elementwise(BINARY_CODES.Add, a, b, y!);
    return [add(first, second), ...rest.map((next) => add(y!, next))];
  },
  ClipByValue: ({ inputs: { x }, outputs: [y], attributes, scratch }) => {
    if (x.dtype !== 'float32') return null;
    const ends = scratch(2);
    const cut = (code: number, from: number, end: number): SimdCall =>
      ['binary', code, from, 0, 1, end, 0, 0, y!.address, 1, sizeOf(y!.shape)]; // prettier-ignore
    return [
      ['fill', ends, 1, attributes.clipValueMin as number],
      ['fill', ends + 4, 1, attributes.clipValueMax as number],
      cut(BINARY_CODES.Maximum, x.address, ends),
      cut(BINARY_CODES.Minimum, y!.address, ends + 4),
    ];
  },
  Select: ({ inputs: { condition, t, e }, outputs: [y] }) =>
    sizeOf(condition.shape) === sizeOf(t.shape)
      ? [['choose', condition.address, t.address, e.address, y!.address, sizeOf(t.shape)]]
      : null,
};

/** Truth values are kept as 0 and 1 among float32 numbers; whole numbers are not. */
function isNumber({ dtype }: Place): boolean {
  return dtype === 'float32' || dtype === 'bool';
}

function unary(code: number): Lowering {
  return ({ inputs: { x }, outputs: [y], attributes }) =>
    isNumber(x) ? [['unary', code, x.address, y!.address, sizeOf(x.shape), Number(attributes.alpha ?? 0)]] : null;
}

function elementwise(code: number, a: Place, b: Place, out: Place): SimdCall {
  return ['binary', code, a.address, 0, 1, b.address, 0, 1, out.address, 1, sizeOf(out.shape)];
}

function binary(code: number): Lowering {
  return ({ inputs: { a, b }, outputs: [out] }) => {
    if (!isNumber(a) || !isNumber(b)) return null;
    const axes = mergeAxes(out!.shape, a.shape, b.shape);
    // Whatever is left outside of the last two axes becomes a call each.
    const [rows, columns] = [axes.at(-2) ?? ONE, axes.at(-1) ?? ONE];
    const outer = axes.slice(0, -2);
    const starts = outer.reduce<readonly (readonly [number, number, number])[]>(
      (list, { length, a: stepA, b: stepB, out: stepOut }) =>
        list.flatMap(([atA, atB, atOut]) =>
          Array.from({ length }, (_, i) => [atA + i * stepA, atB + i * stepB, atOut + i * stepOut] as const),
        ),
      [[0, 0, 0]],
    );
    if (starts.length > MAX_CALLS || columns.a > 1 || columns.b > 1) return null;
    return starts.map(([atA, atB, atOut]): SimdCall => [
      'binary', code,
      a.address + 4 * atA, rows.a, columns.a,
      b.address + 4 * atB, rows.b, columns.b,
      out!.address + 4 * atOut, rows.length, columns.length,
    ]); // prettier-ignore
  };
}

/** Calls that one kernel may turn into; beyond it, the overhead would be worse than the engine's. */
export const MAX_CALLS = 64;

/** One axis of a broadcast: its length, and the step of each operand along it, in numbers (0 where it is repeated). */
interface Axis {
  readonly length: number;
  readonly a: number;
  readonly b: number;
  readonly out: number;
}

const ONE: Axis = { length: 1, a: 0, b: 0, out: 0 };

/** The axes of a broadcast, neighbours merged wherever both operands run through them in one go. */
function mergeAxes(out: Shape, a: Shape, b: Shape): Axis[] {
  const [stepsA, stepsB, stepsOut] = [broadcastSteps(a, out), broadcastSteps(b, out), broadcastSteps(out, out)];
  const axes: Axis[] = [];
  out.forEach((length, i) => {
    if (length === 1) return;
    const axis = { length, a: stepsA[i], b: stepsB[i], out: stepsOut[i] };
    const last = axes.at(-1);
    const joins = (key: 'a' | 'b') => last && last[key] === axis[key] * length;
    if (last && joins('a') && joins('b')) axes[axes.length - 1] = { ...axis, length: last.length * length };
    else axes.push(axis);
  });
  return axes;
}

/** Steps of an operand along the axes of the result. */
function broadcastSteps(shape: Shape, out: Shape): number[] {
  const steps = Array<number>(out.length).fill(0);
  let step = 1;
  for (let axis = shape.length - 1, to = out.length - 1; axis >= 0; axis--, to--) {
    steps[to] = shape[axis] === 1 ? 0 : step;
    step *= shape[axis];
  }
  return steps;
}
