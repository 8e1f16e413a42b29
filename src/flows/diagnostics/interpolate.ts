import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../../errors.js';
import { batchShapeOf, flattenBatch, sizeOf } from '../../shapes.js';
import type { Flow } from '../flow.js';

/** Options of {@link interpolate}. */
export interface InterpolateOptions {
  /** Events on each way, its two ends included. Default: 8. */
  readonly steps?: number;
  /**
   * `spherical`: along the great circle through both codes, so that codes between them are as far from the centre as draws
   * of a normal base are; `linear`: along the straight line, which passes nearer to the centre. Default: `spherical`.
   */
  readonly path?: 'spherical' | 'linear';
  /** Conditioning input, the same for all. */
  readonly context?: Tensor | null;
}

/**
 * Events between `a` and `b`, by way of their codes: `f(z(t))`, `z(0) = f⁻¹(a)`, `z(1) = f⁻¹(b)`, at evenly spaced `t`.
 * On the great circle `z(t) = (sin((1 − t) θ) z(0) + sin(t θ) z(1)) / sin θ`, `θ` the angle between the codes.
 *
 * @param a `[...batch, ...eventShape]`
 * @param b of the same shape
 * @returns `[steps, ...batch, ...eventShape]`
 * @throws FlowShapeError for events of another shape.
 * @throws FlowConfigError for fewer than two steps, or a path of another name.
 */
export function interpolate(
  flow: Flow,
  a: Tensor,
  b: Tensor,
  { steps = 8, path = 'spherical', context = null }: InterpolateOptions = {},
): Tensor {
  const where = 'interpolate';
  if (!Number.isInteger(steps) || steps < 2) {
    throw new FlowConfigError(`${where}.steps`, { expected: 'a whole number from 2', got: String(steps) });
  }
  if (path !== 'spherical' && path !== 'linear') {
    throw new FlowConfigError(`${where}.path`, { expected: "'spherical' or 'linear'", got: String(path) });
  }
  const batchShape = batchShapeOf(a, flow.eventShape, where, 'a');
  batchShapeOf(b, a.shape, where, 'b', 'Both ends have to be of the same shape.');
  return tf.tidy(() => {
    const codes = (x: Tensor) => {
      const z = flow.inverse(flattenBatch(x, batchShape, flow.eventShape), { context });
      return tf.reshape(z, [z.shape[0], -1]);
    };
    const [za, zb] = [codes(a), codes(b)];
    const angles = path === 'spherical' ? anglesBetween(za, zb) : Array<number>(za.shape[0]).fill(0);
    const column = (weights: number[]) => tf.tensor2d(weights, [weights.length, 1]);
    const between = Array.from({ length: steps }, (_, i) => {
      const t = i / (steps - 1);
      const [start, end] = [1 - t, t].map((share) => column(angles.map((angle) => weight(share, angle))));
      return tf.add(tf.mul(za, start), tf.mul(zb, end));
    });
    const z = tf.reshape(tf.concat(between), [steps * sizeOf(batchShape), ...flow.bijector.eventShapeIn]);
    return tf.reshape(flow.forward(z, { context }), [steps, ...a.shape]);
  });
}

/** `sin(t θ) / sin θ`, and its limit `t` where codes have (nearly) one direction, or opposite ones. */
function weight(t: number, angle: number): number {
  return Math.sin(angle) < 1e-4 ? t : Math.sin(t * angle) / Math.sin(angle);
}

/** Angles between the rows of two matrices; none to a row of zeros, which has no direction. */
function anglesBetween(a: Tensor, b: Tensor): number[] {
  const cosines = tf.div(tf.sum(tf.mul(a, b), 1), tf.mul(tf.norm(a, 2, 1), tf.norm(b, 2, 1)));
  return Array.from(cosines.dataSync(), (cosine) =>
    Number.isNaN(cosine) ? 0 : Math.acos(Math.min(1, Math.max(-1, cosine))),
  );
}
