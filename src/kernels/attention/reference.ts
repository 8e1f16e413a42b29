import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { attentionSizes, type AttentionAttributes } from './spec.js';

/** What a position out of sight adds to a score: its weight is zero, and nothing is infinite on the way. */
const OUT_OF_SIGHT = -1e30;

/** All weights of all heads, then their products with the values. */
export function attentionReference([q, k, v]: Tensor[], { causal }: AttentionAttributes): Tensor[] {
  const { queries, positions, width } = attentionSizes(q.shape, k.shape);
  const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(width));
  const seen = causal && queries > 1 ? tf.add(scores, causalMask(queries, positions)) : scores;
  return [tf.matMul(tf.softmax(seen), v)];
}

/** `[queries, positions]`: zero for what a query sees. */
function causalMask(queries: number, positions: number): Tensor {
  const before = positions - queries;
  const entries = Array.from({ length: queries * positions }, (_, at) =>
    at % positions <= before + Math.floor(at / positions) ? 0 : OUT_OF_SIGHT,
  );
  return tf.tensor2d(entries, [queries, positions], 'float32');
}
