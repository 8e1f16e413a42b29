import * as tf from '@tensorflow/tfjs-core';
import type { Distribution } from '../../distributions/distribution.js';
import type { RandomStream } from '../../random.js';
import type { RowSource, SourceRows } from './row-source.js';

/**
 * Independent draws of a base, constants to every gradient.
 *
 * @param temperatures contexts of the rows in turn, where the model takes a temperature for its context; else null
 */
export function baseDraws(base: Distribution, temperatures: readonly number[] | null): RowSource {
  return {
    followsModel: false,
    async draw(rows: number, stream: RandomStream): Promise<SourceRows> {
      const context = temperatures && Float32Array.from({ length: rows }, (_, i) => temperatures[i % temperatures.length]); // prettier-ignore
      const drawn = tf.tidy(() => {
        const given = context && base.contextShape ? tf.tensor2d(context, [rows, 1]) : null;
        return base.sample(rows, { seed: stream, context: given });
      });
      const x = Float32Array.from(await drawn.data());
      drawn.dispose();
      return { x, context, targets: null };
    },
  };
}
