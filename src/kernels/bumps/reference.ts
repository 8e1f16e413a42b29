import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { clamp } from '../clamp/op.js';
import { withoutGradient } from '../stop-gradient/op.js';
import { deadZone, type BumpAttributes } from './spec.js';

/**
 * The sums of {@link bumpSums} from TF.js operations: any backend, differentiable to any order.
 *
 * @param inputs `x`, `[n]`; `weights`, `starts`, `rates`, `sharpness`, `[n, bumps]` each
 * @returns value and slope, `[n]` each
 */
export function bumpsReference(inputs: Tensor[], { exponent, circular }: BumpAttributes): Tensor[] {
  const [x, weights, starts, rates, sharpness] = inputs;
  const offset = tf.sub(tf.expandDims(x, 1), starts);
  const turns = circular ? withoutGradient([offset], tf.floor) : null;
  const z = tf.mul(turns ? tf.sub(offset, turns) : offset, rates);
  const { value, slope } = smoothStep(z, sharpness, exponent);
  const steps = turns ? tf.add(value, turns) : value;
  return [tf.sum(tf.mul(weights, steps), 1), tf.sum(tf.mul(tf.mul(weights, rates), slope), 1)];
}

/**
 * `S(z) = σ(d)`, `d = α ((1 - z)^-b - z^-b)`, and `S′ = d′ σ(d) σ(-d)`: in this form nothing is 0/0 where the ramps vanish.
 */
function smoothStep(z: Tensor, sharpness: Tensor, exponent: number): { value: Tensor; slope: Tensor } {
  const edge = deadZone(exponent);
  const inside = clamp(z, edge, 1 - edge);
  const [left, right] = [tf.reciprocal(inside), tf.reciprocal(tf.sub(1, inside))];
  const [leftPower, rightPower] = [power(left, exponent), power(right, exponent)];
  const logit = tf.mul(sharpness, tf.sub(rightPower, leftPower));
  const rate = tf.mul(sharpness, tf.add(tf.mul(rightPower, right), tf.mul(leftPower, left)));
  const value = tf.sigmoid(logit);
  const both = tf.mul(value, tf.sigmoid(tf.neg(logit)));
  return { value, slope: tf.mul(tf.mul(rate, exponent), both) };
}

function power(x: Tensor, exponent: number): Tensor {
  if (exponent === 1) return x;
  if (exponent === 2) return tf.square(x);
  return tf.exp(tf.mul(tf.log(x), exponent));
}
