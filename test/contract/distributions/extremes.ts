import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { sizeOf } from '../../../src/shapes.js';
import { expect, listsFrom } from '../expect.js';
import type { Subject } from './subject.js';

export async function densityIsNeverNaN({ distribution, context }: Subject): Promise<void> {
  const dims = sizeOf(distribution.eventShape);
  const extremes = [0, 1e-30, -1e-30, 1e4, -1e4, 1e15];
  const rows = extremes.flatMap((_, row) => Array.from({ length: dims }, (_, i) => extremes[(row + i) % extremes.length])); // prettier-ignore
  for (const scale of context ? [1, 1e4, -1e4] : [1]) {
    const [logProbs, slopes] = await listsFrom(() => {
      const x = tf.tensor(rows, [extremes.length, ...distribution.eventShape]);
      const given = context && tf.mul(context, scale);
      const logProb = (input: Tensor) => distribution.logProb(input, { context: given });
      return [logProb(x), tf.grad((input) => tf.sum(logProb(input)))(x)];
    });
    expect(logProbs.every((value) => value < Infinity), `log density ${logProbs.join(', ')} far out`); // prettier-ignore
    expect(
      slopes.every((value) => !Number.isNaN(value)),
      `gradient ${slopes.join(', ')} far out`,
    );
  }
}
