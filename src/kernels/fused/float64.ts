import { sizeOf } from '../../shapes.js';
import type { FusedOp, FusedSample } from './op.js';
import { waves } from './waves.js';

/** Outputs of an operation and gradients of its inputs, in the order of the operation's and the gradient's outputs. */
export interface FusedResult {
  readonly outputs: readonly ArrayLike<number>[];
  readonly gradients: readonly ArrayLike<number>[];
}

/** Upstream gradient of an output in comparisons: any numbers do that are not all alike. */
export function upstreamOf(size: number, output: number): number[] {
  return waves(size, 1, 0.7 + output);
}

/** An operation and its gradient by the loops for the cpu backend, in float64 throughout. */
export function inFloat64(op: FusedOp<object>, { attributes, inputs }: FusedSample<object>): FusedResult {
  const shapes = inputs.map(({ shape }) => shape);
  const values = new Map(op.inputs.map((name, i) => [name, Float64Array.from(inputs[i].values)]));
  const shapeOf = new Map(op.inputs.map((name, i) => [name, shapes[i]]));
  const outputShapes = op.outputShapes(shapes, attributes);
  const outputs = outputShapes.map((shape) => new Float64Array(sizeOf(shape)));
  op.cpu([...values.values()], outputs, attributes, shapes);
  const { gradient } = op;
  if (!gradient) return { outputs, gradients: [] };
  op.outputs.forEach((name, i) => {
    values.set(name, outputs[i]);
    values.set(`d${name}`, Float64Array.from(upstreamOf(outputs[i].length, i)));
    shapeOf.set(name, outputShapes[i]);
    shapeOf.set(`d${name}`, outputShapes[i]);
  });
  const gradientShapes = gradient.inputs.map((name) => shapeOf.get(name)!);
  const gradients = gradient.outputShapes(gradientShapes, attributes).map((shape) => new Float64Array(sizeOf(shape)));
  gradient.cpu(gradient.inputs.map((name) => values.get(name)!), gradients, attributes, gradientShapes); // prettier-ignore
  return { outputs, gradients };
}

/** Largest `|a - b| / (1 + |b|)`; infinite where one is NaN and the other not. */
export function worst(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  return Array.from(b, (exact, i) => {
    if (Object.is(a[i], exact) || (Number.isNaN(a[i]) && Number.isNaN(exact))) return 0;
    const error = Math.abs(a[i] - exact) / (1 + Math.abs(exact));
    return Number.isNaN(error) ? Infinity : error;
  }).reduce((most, error) => Math.max(most, error), 0);
}
