import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { runStage, stagesOf } from '../../bijectors/stages.js';
import { FlowConfigError } from '../../errors.js';
import { alignContext, batchShapeOf, flattenBatch, sizeOf } from '../../shapes.js';
import type { LogProbOptions } from '../../distributions/distribution.js';
import type { Flow } from '../flow.js';

/** What one layer does to the size of its input. */
export interface LayerAmplification {
  /** Path of the layer in the flow, such as `bijector.3`. */
  readonly path: string;
  /** What kind of layer it is. */
  readonly className: string;
  /** Largest `max |x_out| / max |x_in|` over the rows; infinite where the output is not finite. */
  readonly amplification: number;
}

/**
 * How much each layer enlarges its input while a flow draws, from base to data: a diagnosis of exploding inverses, where a
 * context unlike those trained on makes a layer multiply what passes through it (Hong, Park, Chun, "On the robustness of
 * normalizing flows for inverse problems in imaging", 2023). Sizes are the largest entries of a row.
 *
 * Layers are the members of chains; one that has layers inside, such as a `MultiScale`, counts as a whole. Reads the numbers
 * back.
 *
 * @param z points of the base, `[...batch, ...event]`
 * @throws FlowShapeError for points or contexts of another shape.
 * @throws FlowConfigError when there is no row.
 */
export function inverseAmplification(
  flow: Flow,
  z: Tensor,
  { context = null }: LogProbOptions = {},
): LayerAmplification[] {
  const where = 'inverseAmplification';
  const { bijector } = flow;
  return tf.tidy(() => {
    const batchShape = batchShapeOf(z, bijector.eventShapeIn, where, 'z');
    if (sizeOf(batchShape) === 0) {
      throw new FlowConfigError(`${where}.z`, { expected: 'at least one row', got: 'none' });
    }
    const inner = flow.embed(alignContext(context, flow.contextShape, batchShape, where));
    let value = flattenBatch(z, batchShape, bijector.eventShapeIn);
    return stagesOf(bijector).map((stage) => {
      const before = sizes(value);
      value = runStage(stage, 'forward', value, inner);
      const ratios = sizes(value).map((size, row) => ratio(size, before[row]));
      const path = stage.path ? `bijector.${stage.path}` : 'bijector';
      return { path, className: stage.bijector.className, amplification: Math.max(...ratios) };
    });
  });
}

/** The largest entry of each row, in absolute value; NaN where an entry is. */
function sizes(x: Tensor): number[] {
  const values = x.dataSync<'float32'>();
  const width = values.length / x.shape[0];
  return Array.from({ length: x.shape[0] }, (_, row) =>
    values.subarray(row * width, (row + 1) * width).reduce((most, value) => Math.max(most, Math.abs(value)), 0),
  );
}

/** A row of zeros may become anything; nothing comes of nothing. */
function ratio(after: number, before: number): number {
  if (!Number.isFinite(after)) return Infinity;
  return after === 0 ? 0 : after / before;
}
