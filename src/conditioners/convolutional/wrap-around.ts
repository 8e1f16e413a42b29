import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError, FlowShapeError } from '../../errors.js';
import { formatShape } from '../../shapes.js';

/** What a convolution sees beyond the edges of an image. */
export type ConvPadding = 'zeros' | 'circular';

/** @throws FlowConfigError for any other word. */
export function checkPadding(where: string, padding: ConvPadding): void {
  if (padding === 'zeros' || padding === 'circular') return;
  throw new FlowConfigError(where, { expected: "'zeros' or 'circular'", got: `'${String(padding)}'` });
}

/**
 * Images with a margin of `reach` pixels in which they begin anew, `[batch, height + 2 reach, width + 2 reach, channels]`.
 *
 * @throws FlowShapeError for an image smaller than its margin.
 */
export function wrapAround(x: Tensor, reach: number): Tensor {
  if (reach === 0) return x;
  const [, height, width] = x.shape as [number, number, number, number];
  if (Math.min(height, width) < reach) {
    throw new FlowShapeError('Conv', {
      expected: `at least ${reach} pixels each way, which circular padding repeats`,
      got: formatShape(x.shape),
    });
  }
  return wrapAxis(wrapAxis(x, 1, reach), 2, reach);
}

function wrapAxis(x: Tensor, axis: number, reach: number): Tensor {
  const length = x.shape[axis];
  const part = (begin: number) => tf.slice(x, x.shape.map((_, i) => (i === axis ? begin : 0)), x.shape.with(axis, reach)); // prettier-ignore
  return tf.concat([part(length - reach), x, part(0)], axis);
}
