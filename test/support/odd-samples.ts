import type { FusedOp, FusedSample } from '../../src/kernels/fused/op.js';
import { waves } from '../../src/kernels/fused/waves.js';
import type { SplineAttributes } from '../../src/kernels/rational-quadratic-spline/spec.js';
import { sizeOf, type Shape } from '../../src/shapes.js';

/** Inputs that have one row for each row of the batch, or one row for all. */
const BATCHED: Readonly<Record<string, readonly string[]>> = {
  TfjsFlowsDense: ['x'],
  TfjsFlowsMaskedDense: ['x'],
  TfjsFlowsDualDense: ['x', 'shift'],
  TfjsFlowsRationalQuadraticSpline: ['x', 'raw'],
  TfjsFlowsAffine: ['x', 'raw'],
  TfjsFlowsBumps: ['x', 'weights', 'starts', 'rates', 'sharpness'],
  TfjsFlowsSumLogDets: ['x'],
  TfjsFlowsAdam: ['parameters', 'mean', 'meanSquare', 'gradient'],
};

/** Operations whose rows are independent of each other; the others have tests of their own. */
export function isRowwise({ name }: FusedOp<object>): boolean {
  return name in BATCHED;
}

function isBatched({ name, inputs }: FusedOp<object>, input: number, shape: Shape): boolean {
  return BATCHED[name].includes(inputs[input]) && shape[0] > 1;
}

const BATCHES = [1, 2, 5, 33];

/** Samples of an operation with other numbers of rows: fewer than kernels work on at a time, and no multiple of it. */
export function oddSizes(op: FusedOp<object>): FusedSample<object>[] {
  return BATCHES.map((batch, k) => {
    const { attributes, inputs } = op.samples[(3 * k) % op.samples.length];
    const resized = inputs.map((input, i) => {
      if (!isBatched(op, i, input.shape)) return input;
      const shape = [batch, ...input.shape.slice(1)];
      const values = waves(sizeOf(shape), 1.3, 0.4 + i);
      return { shape, values: op.inputs[i] === 'meanSquare' ? values.map((value) => value ** 2) : values };
    });
    return { attributes, inputs: resized };
  });
}

/** The same without rows. */
export function emptySamples(op: FusedOp<object>): FusedSample<object>[] {
  return op.samples.slice(0, 1).map(({ attributes, inputs }) => ({
    attributes,
    inputs: inputs.map((input, i) =>
      isBatched(op, i, input.shape) ? { shape: [0, ...input.shape.slice(1)], values: [] } : input,
    ),
  }));
}

/** Splines with raw parameters up to ±50, which make bins of the least size, at points within and beyond the box. */
export function wildSplines(op: FusedOp<SplineAttributes>): FusedSample<SplineAttributes>[] {
  return op.samples.map(({ attributes, inputs: [, raw] }) => {
    const { low, high } = attributes;
    const rows = 33;
    const x = waves(rows, 0.7 * (high - low)).map((value) => value + (low + high) / 2);
    const shape = [rows, raw.shape[1]];
    return {
      attributes,
      inputs: [
        { shape: [rows], values: x },
        { shape, values: waves(sizeOf(shape), 50) },
      ],
    };
  });
}

/** Splines with equal bins at all of their knots. */
export function splinesAtKnots(op: FusedOp<SplineAttributes>): FusedSample<SplineAttributes>[] {
  return op.samples.map(({ attributes, inputs: [, raw] }) => {
    const { low, high, bins } = attributes;
    const knots = Array.from({ length: bins + 1 }, (_, k) => low + (k * (high - low)) / bins);
    const shape = [bins + 1, raw.shape[1]];
    const values = waves(sizeOf(shape), 1).map((value, i) => (i % shape[1] < 2 * bins ? 0 : value));
    return {
      attributes,
      inputs: [
        { shape: [bins + 1], values: knots },
        { shape, values },
      ],
    };
  });
}
