import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { dot } from '../numerics/unit.js';

/** Poles stay this far inside the ball: `log(1 - |w|²)` loses its digits at the rim. */
const RIM = 0.95;
/** A gate starts at `σ(-3)`, so that a network just initialised moves little. */
const GATE_BIAS = 3;

/** Raw parameters of one pole in `Rⁿ`: the vector, and its gate. */
export function poleParameters(dims: number): number {
  return dims + 1;
}

/**
 * A point `w` inside the unit ball: `v = raw σ(gate - 3)`, `w = 0.95 v / (1 + |v|)`.
 *
 * Source: Köhler, Invernizzi, de Haan, Noé, "Rigid body flows for sampling molecular crystal structures", 2023, appendix.
 *
 * @param raw `[rows, dims + 1]`, the gate last
 * @returns `[rows, dims]`
 */
export function pole(raw: Tensor, dims: number): Tensor {
  const vector = tf.slice(raw, [0, 0], [-1, dims]);
  const gate = tf.slice(raw, [0, dims], [-1, 1]);
  const v = tf.mul(vector, tf.sigmoid(tf.sub(gate, GATE_BIAS)));
  // The root is taken a hair above 0, where its slope has no end.
  const length = tf.sqrt(tf.add(dot(v, v), 1e-12));
  return tf.div(tf.mul(v, RIM), tf.add(length, 1));
}
