import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { clamp } from '../clamp/op.js';
import { withoutGradient } from '../stop-gradient/op.js';
import { deadZone, type BumpAttributes } from './spec.js';

/** Values and slopes of sums of bumps from TF.js operations: any backend, differentiable to any order. */
export function bumpsReference(inputs: Tensor[], { exponent, circular }: BumpAttributes): Tensor[] {
  const [x, weights, starts, rates, sharpness] = inputs;
  const offset = tf.sub(tf.expandDims(x, 1), starts);
  const turns = circular ? withoutGradient([offset], (t) => tf.floor(t)) : null;
  const z = tf.mul(turns ? tf.sub(offset, turns) : offset, rates);
  const { value, slope } = smoothStep(z, sharpness, exponent);
  const steps = turns ? tf.add(value, turns) : value;
  return [tf.sum(tf.mul(weights, steps), 1), tf.sum(tf.mul(tf.mul(weights, rates), slope), 1)];
}

/** The roots of {@link bumpRoots}: bisections, as many as float32 has digits, and two Newton steps inside of what is left. */
export function bumpRootsReference([level, floor, ...bumps]: Tensor[], attributes: BumpAttributes): Tensor[] {
  const excess = (x: Tensor) => {
    const [value, slope] = bumpsReference([x, ...bumps], attributes);
    return [tf.sub(tf.add(value, tf.mul(floor, x)), level), tf.add(slope, floor)];
  };
  let [low, high] = bracket(level, bumps, attributes);
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = tf.mul(tf.add(low, high), 0.5);
    const above = tf.greater(excess(middle)[0], 0);
    [low, high] = [tf.where(above, low, middle), tf.where(above, middle, high)];
  }
  let x = tf.mul(tf.add(low, high), 0.5);
  for (let i = 0; i < 2; i++) {
    const [residual, slope] = excess(x);
    x = tf.minimum(tf.maximum(tf.sub(x, tf.div(residual, slope)), low), high);
  }
  return [x];
}

const BISECTIONS = 24;

/** The unit interval; on a circle the value differs from `x - Σ wₖ aₖ` by less than `Σ wₖ`. */
function bracket(level: Tensor, bumps: Tensor[], { circular }: BumpAttributes): [low: Tensor, high: Tensor] {
  if (!circular) return [tf.zerosLike(level), tf.onesLike(level)];
  const [weights, starts] = bumps;
  const centre = tf.add(level, tf.sum(tf.mul(weights, starts), 1));
  const reach = tf.sum(weights, 1);
  return [tf.sub(centre, reach), tf.add(centre, reach)];
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
