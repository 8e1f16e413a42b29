import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from 'tfjs-flows';
import type { ColumnCoder } from '../columns/coder.js';
import type { EstimatorState } from '../estimator/density-estimator.js';
import { exportComputation } from './export-onnx.js';
import { lineOf, type LineMap } from './line-maps.js';

/** What an exported estimator takes and gives. */
export interface EstimatorDescription {
  /** Names of the columns of `x`, in their order. */
  readonly columns: readonly string[];
  /** What values each may have. */
  readonly domains: readonly string[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly unit: string;
}

/**
 * A model file in the ONNX format of a fitted estimator, with what is done to its columns: `x` is `[batch, columns]` in their own units, `log_prob` in
 * nats. Of `sample` the input is noise `z`, draws of a standard normal distribution.
 *
 * @throws FlowConfigError for columns with cells (whole numbers, categories, rounded numbers), whose densities are averages over random
 * points, and for conditions; whatever `exportOnnx` refuses.
 */
export async function exportEstimator({ coder, flow }: EstimatorState, of: 'logProb' | 'sample', description: EstimatorDescription): Promise<Uint8Array> {
  const { modelled } = coder;
  const dims = modelled.length;
  const maps = modelled.map(lineOf);
  const examples = (rows: number) => tf.tidy(() => [of === 'sample' ? flow.base.sample(rows, { seed: 0 }) : toColumns(flow.sample(rows, { seed: 0 }), maps)]);
  const density = ([x]: Tensor[]) => {
    const [y, logSlope] = toLines(x, maps);
    return [tf.add(flow.logProb(y), logSlope)];
  };
  const draws = ([z]: Tensor[]) => {
    const x = toColumns(flow.forward(z), maps);
    const [y, logSlope] = toLines(x, maps);
    return [x, tf.add(flow.logProb(y), logSlope)];
  };
  return exportComputation(description.inputs, description.outputs, examples, of === 'sample' ? draws : density, `Density of ${dims} columns`, { columns: JSON.stringify(description.columns) });
} // prettier-ignore

/** @throws FlowConfigError for an estimator that cannot be exported. */
export function describeExport({ coder }: EstimatorState, of: 'logProb' | 'sample'): EstimatorDescription {
  const refuse = (got: string) => new FlowConfigError('export', { expected: 'a model of exact numbers, without conditions', got });
  if (coder.conditions.length > 0) throw refuse(`the conditions ${coder.conditions.map(({ name }) => name).join(', ')}`);
  const cells = coder.modelled.filter(({ step }) => step > 0).map(({ name, spec }) => `"${name}" (${spec.kind}${'step' in spec ? ', rounded' : ''})`);
  if (cells.length > 0) throw refuse(`columns with cells: ${cells.join(', ')}`);
  return {
    columns: coder.modelled.map(({ name }) => name),
    domains: coder.modelled.map(domainOf),
    inputs: [of === 'sample' ? 'z' : 'x'],
    outputs: of === 'sample' ? ['x', 'log_prob'] : ['log_prob'],
    unit: 'nats, per product of the units of the columns',
  };
} // prettier-ignore

function domainOf({ spec }: ColumnCoder): string {
  return spec.kind === 'bounded' ? `from ${spec.low} to ${spec.high}` : spec.kind;
}

/** Places on the lines of the columns, and the sum of `ln dy/dx`. */
function toLines(x: Tensor, maps: readonly LineMap[]): [Tensor, Tensor] {
  const columns = tf.split(x, maps.length, 1);
  const lines = columns.map((column, i) => maps[i].toLine(column));
  const slopes = columns.map((column, i) => maps[i].logSlope(column));
  return [tf.concat(lines, 1), tf.squeeze(tf.addN(slopes), [1])];
}

function toColumns(y: Tensor, maps: readonly LineMap[]): Tensor {
  return tf.concat(tf.split(y, maps.length, 1).map((line, i) => maps[i].toColumn(line)), 1); // prettier-ignore
}
