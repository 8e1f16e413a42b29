import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Flow, FlowConfigError, type Distribution } from 'tfjs-flows';
import { lower } from './lower.js';
import { encodeModel, type Port } from './model-proto.js';
import { generalise, isOfBatch, type Value } from './symbolic.js';
import { trace } from './tracer.js';

/** Options of {@link exportOnnx}. */
export interface OnnxOptions {
  /**
   * What the model computes. `logProb`, the default: `log_prob` `[batch]` in nats of `x` `[batch, ...event]`. `sample`: the draws `x` of noise
   * `z` `[batch, ...base event]`, draws of the flow's base, with their `log_prob`.
   */
  readonly of?: 'logProb' | 'sample';
  /** Shown by viewers. */
  readonly description?: string;
}

/** Numbers of rows that the computation is looked at with: unlike the lengths of other axes. */
const ROWS = [13, 17] as const;

/**
 * A model file in the ONNX format (operators of version 17) of a density or of the draws of a flow, for any number of rows, for
 * ONNX Runtime and whatever runs on it: Spark, Beam, Triton, .NET, C++. A model with contexts has the further input `context`.
 *
 * The computation is run twice and written down from the kernels of TensorFlow.js that it calls, with this library's own kernels spelled out;
 * so what depends on values on its way, such as a numeric inverse or an adaptive solver, cannot be exported.
 *
 * @throws FlowConfigError for such a computation, a kernel that ONNX does not have, or draws of what is no flow.
 * @example
 * await writeFile('flow.onnx', await exportOnnx(flow));
 */
export async function exportOnnx(model: Distribution, { of = 'logProb', description = '' }: OnnxOptions = {}): Promise<Uint8Array> {
  if (of !== 'logProb' && of !== 'sample') throw new FlowConfigError('exportOnnx.of', { expected: 'logProb or sample', got: String(of) });
  if (of === 'sample' && !(model instanceof Flow)) throw new FlowConfigError('exportOnnx', { expected: 'a flow, for its draws', got: model.constructor.name });
  const { contextShape } = model;
  const inputs = contextShape ? [of === 'logProb' ? 'x' : 'z', 'context'] : [of === 'logProb' ? 'x' : 'z'];
  const outputs = of === 'logProb' ? ['log_prob'] : ['x', 'log_prob'];
  return exportComputation(inputs, outputs, (rows) => examplesOf(model, of, rows), ([first, context = null]: (Tensor | null)[]) => {
    if (of === 'logProb') return [model.logProb(first!, { context })];
    const flow = model as Flow;
    const given = flow.embed(context);
    const [x, logDet] = flow.bijector.forwardAndLogDet(first!, flow.bijector.contextShape && given);
    return [x, tf.sub(flow.base.logProb(first!, { context: flow.base.contextShape && given }), logDet)];
  }, description);
} // prettier-ignore

/**
 * A model file of any computation on tensors whose first axis has the rows.
 *
 * @param examples tensors to run it on, with so many rows; disposed of
 */
export async function exportComputation(
  inputs: readonly string[],
  outputs: readonly string[],
  examples: (rows: number) => Tensor[],
  compute: (inputs: Tensor[]) => Tensor[],
  description = '',
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  const traced = async (rows: number) => {
    const given = examples(rows);
    try {
      return await trace('exportOnnx', given, compute);
    } finally {
      tf.dispose(given);
    }
  };
  const symbolic = generalise('exportOnnx', [await traced(ROWS[0]), await traced(ROWS[1])], ROWS);
  const graph = lower(symbolic, inputs, outputs);
  const ports = (names: readonly string[], values: readonly Value[]): Port[] => values.map(({ dtype, shape }, i) => ({ name: names[i], type: dtype, shape: shape.map((length) => (isOfBatch(length) ? 'batch' : length)) })); // prettier-ignore
  return encodeModel({
    name: 'flow',
    description,
    nodes: graph.nodes,
    initializers: graph.initializers,
    inputs: ports(inputs, symbolic.inputs),
    outputs: ports(outputs, symbolic.outputs),
    metadata,
  });
}

/** Draws, which lie where the density is, or noise. */
function examplesOf(model: Distribution, of: 'logProb' | 'sample', rows: number): Tensor[] {
  return tf.tidy(() => {
    const context = model.contextShape && tf.zeros([rows, ...model.contextShape]);
    const source = of === 'sample' ? (model as Flow).base : model;
    const own = source.contextShape && context;
    const first = source.sample(rows, { seed: 0, ...(own && { context: own }) });
    return context ? [first, context] : [first];
  });
}
