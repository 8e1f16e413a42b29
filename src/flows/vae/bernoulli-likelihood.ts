import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Interval } from '../../interval.js';
import { stopGradient } from '../../kernels/stop-gradient/op.js';
import type { Config } from '../../module.js';
import type { RandomStream } from '../../random.js';
import { Likelihood } from './likelihood.js';

/**
 * Coordinates that are 0 or 1: the decoder emits the logit `l` of a 1, and `log p(x; l) = x l − log (1 + eˡ)`.
 *
 * Shades between 0 and 1 are no such data: binarise them, or use a {@link NormalLikelihood}.
 */
export class BernoulliLikelihood extends Likelihood {
  static override readonly className = 'BernoulliLikelihood';

  override readonly parametersPerCoordinate = 1;
  override readonly support: Interval = [0, 1];
  override readonly discrete = true;

  override logProb(x: Tensor, raw: Tensor): Tensor {
    return tf.sum(tf.sub(tf.mul(x, raw), tf.softplus(raw)), 1);
  }

  override mean(raw: Tensor): Tensor {
    return tf.sigmoid(raw);
  }

  override draw(raw: Tensor, stream: RandomStream): Tensor {
    const u = stream.uniformTensor(raw.shape);
    return tf.cast(tf.less(u, stopGradient(tf.sigmoid(raw))), 'float32');
  }

  override getConfig(): Config {
    return {};
  }
}
