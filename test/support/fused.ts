import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { FusedOp, FusedSample } from '../../src/kernels/fused/op.js';
import { runFused } from '../../src/kernels/fused/run.js';
import { waves } from '../../src/kernels/fused/waves.js';
import { sizeOf } from '../../src/shapes.js';

/** Outputs of an operation and gradients of its inputs, as the running backend finds them. */
export interface FusedResult {
  readonly outputs: ArrayLike<number>[];
  readonly gradients: ArrayLike<number>[];
}

/** Weights of the outputs in the scalar whose gradients are compared. */
function weights(size: number, output: number): number[] {
  return waves(size, 1, 0.7 + output);
}

/** By the loops for the cpu backend, in float64 throughout. */
export function inFloat64(op: FusedOp<object>, { attributes, inputs }: FusedSample<object>): FusedResult {
  const shapes = inputs.map(({ shape }) => shape);
  const values = new Map(op.inputs.map((name, i) => [name, Float64Array.from(inputs[i].values)]));
  const shapeOf = new Map(op.inputs.map((name, i) => [name, shapes[i]]));
  const outputShapes = op.outputShapes(shapes, attributes);
  const outputs = outputShapes.map((shape) => new Float64Array(sizeOf(shape)));
  op.cpu([...values.values()], outputs, attributes, shapes); // prettier-ignore
  const { gradient } = op;
  if (!gradient) return { outputs, gradients: [] };
  op.outputs.forEach((name, i) => {
    values.set(name, outputs[i]);
    values.set(`d${name}`, Float64Array.from(weights(outputs[i].length, i)));
    shapeOf.set(name, outputShapes[i]);
    shapeOf.set(`d${name}`, outputShapes[i]);
  });
  const gradientShapes = gradient.inputs.map((name) => shapeOf.get(name)!);
  const gradients = gradient.outputShapes(gradientShapes, attributes).map((shape) => new Float64Array(sizeOf(shape)));
  gradient.cpu(gradient.inputs.map((name) => values.get(name)!), gradients, attributes, gradientShapes); // prettier-ignore
  return { outputs, gradients };
}

/** By whatever the running backend uses; `reference` asks for TF.js operations. */
export async function onBackend(
  op: FusedOp<object>,
  { attributes, inputs }: FusedSample<object>,
  { reference = false } = {},
): Promise<FusedResult> {
  const run = (tensors: Tensor[]) =>
    reference ? op.reference(tensors, attributes) : runFused(op, tensors, attributes);
  const tensors = tf.tidy(() => inputs.map(({ shape, values }) => tf.tensor([...values], [...shape], 'float32')));
  const traced = op.inputs.map((name, i) => [name, i] as const).filter(([name]) => op.gradient?.outputs.includes(`d${name}`)); // prettier-ignore
  const [outputs, gradients] = tf.tidy(() => {
    const found = run(tensors);
    if (traced.length === 0) return [found, []];
    const gradients = tf.grads((...at: Tensor[]) => {
      const all = [...tensors];
      traced.forEach(([, i], k) => (all[i] = at[k]));
      const terms = run(all).map((y, i) => tf.sum(tf.mul(y, tf.tensor(weights(y.size, i), y.shape))));
      return terms.reduce((sum, term) => tf.add(sum, term));
    })(traced.map(([, i]) => tensors[i]));
    const order = op.gradient!.outputs.map((name) => traced.findIndex(([input]) => `d${input}` === name));
    return [found, order.map((k) => gradients[k])];
  });
  const read = (list: Tensor[]) => Promise.all(list.map((tensor) => tensor.data()));
  const result = { outputs: await read(outputs), gradients: await read(gradients) };
  tf.dispose([...tensors, ...outputs, ...gradients]);
  return result;
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
