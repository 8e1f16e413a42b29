import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** A number for all rows together, or one for each: times and steps, in doubles. */
export type Times = Float64Array;

/** The number of row `i`. */
export function at(times: Times, i: number): number {
  return times.length === 1 ? times[0] : times[i];
}

/** `t + c h` */
export function plus(t: Times, h: Times, c: number): Times {
  return t.map((time, i) => time + c * h[i]);
}

/** Times as a right-hand side takes them: `[1, 1]` or `[rows, 1]`. */
export function timeTensor(t: Times): Tensor {
  return tf.tensor2d(Float32Array.from(t), [t.length, 1]);
}

/** The last float32 number on the way to a time. */
export function floatBefore(time: number, direction: number): number {
  const bits = new Int32Array(1);
  const float = new Float32Array(bits.buffer);
  float[0] = time;
  if (float[0] === 0) return -direction * 2 ** -149;
  bits[0] += float[0] > 0 === direction > 0 ? -1 : 1;
  return float[0];
}
