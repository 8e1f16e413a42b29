import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Energy, type Config } from 'tfjs-flows';

const RADIUS = 2;
const WIDTH = 0.3;
/** Keeps the angle from being undefined at the centre, where nothing ever is. */
const LEAST_SQUARE = 1e-6;

/** Six wells on a circle, `u(x, y) = ½ ((r - 2) / 0.3)² - cos 6φ`. */
export class RingOfWells extends Energy {
  static override readonly className = 'RingOfWells';
  override readonly eventShape = [2];

  protected override evaluate(at: Tensor): Tensor {
    const r = tf.sqrt(tf.add(tf.sum(tf.square(at), 1), LEAST_SQUARE));
    const cosine = tf.div(tf.squeeze(tf.slice(at, [0, 0], [-1, 1]), [1]), r);
    // cos 3φ = cos φ (4 cos² φ - 3), cos 6φ = 2 cos² 3φ - 1
    const triple = tf.mul(cosine, tf.sub(tf.mul(4, tf.square(cosine)), 3));
    const radial = tf.mul(0.5 / WIDTH ** 2, tf.square(tf.sub(r, RADIUS)));
    return tf.sub(radial, tf.sub(tf.mul(2, tf.square(triple)), 1));
  }

  override getConfig(): Config {
    return {};
  }
}
