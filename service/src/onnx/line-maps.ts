import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from 'tfjs-flows';
import type { ColumnCoder } from '../columns/coder.js';

/** The map of a column of exact numbers to the whole line, as `ColumnCoder` has it in doubles, on tensors. */
export interface LineMap {
  toLine(x: Tensor): Tensor;
  toColumn(y: Tensor): Tensor;
  /** `ln dy/dx`. */
  logSlope(x: Tensor): Tensor;
}

/** The map of a column, standardised. */
export function lineOf({ name, spec, state: { location, scale } }: ColumnCoder): LineMap {
  const plain = plainOf(name, spec);
  return {
    toLine: (x) => tf.div(tf.sub(plain.toLine(x), location), scale),
    toColumn: (y) => plain.toColumn(tf.add(tf.mul(y, scale), location)),
    logSlope: (x) => tf.sub(plain.logSlope(x), Math.log(scale)),
  };
}

function plainOf(name: string, spec: ColumnCoder['spec']): LineMap {
  switch (spec.kind) {
    case 'continuous':
      return { toLine: tf.clone, toColumn: tf.clone, logSlope: tf.zerosLike };
    case 'positive':
      return { toLine: tf.log, toColumn: tf.exp, logSlope: (x) => tf.neg(tf.log(x)) };
    case 'bounded': {
      const { low, high } = spec;
      const range = high - low;
      const [below, above] = [(x: Tensor) => tf.sub(x, low), (x: Tensor) => tf.sub(high, x)];
      return {
        toLine: (x) => tf.sub(tf.log(below(x)), tf.log(above(x))),
        toColumn: (y) => tf.add(low, tf.mul(range, tf.sigmoid(y))),
        logSlope: (x) => tf.sub(Math.log(range), tf.add(tf.log(below(x)), tf.log(above(x)))),
      };
    }
    case 'integer':
    case 'category':
      throw new FlowConfigError('export', { expected: 'columns of exact numbers', got: `"${name}", ${spec.kind}` });
  }
}
