import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Distribution, type Config, type RandomStream, type Shape } from '../../src/index.js';
import { sizeOf } from '../../src/shapes.js';

/** Independent standard normal coordinates: the smallest base a test needs. */
export class StandardNormal extends Distribution {
  static override readonly className = 'StandardNormal';

  override readonly eventShape: Shape;
  override readonly reparameterised = true;

  constructor({ eventShape }: { eventShape: Shape }) {
    super();
    this.eventShape = eventShape;
  }

  protected override density(x: Tensor): Tensor {
    const axes = this.eventShape.map((_, i) => i + 1);
    const constant = -0.5 * sizeOf(this.eventShape) * Math.log(2 * Math.PI);
    return tf.add(tf.mul(tf.sum(tf.square(x), axes), -0.5), constant);
  }

  protected override draw(n: number, stream: RandomStream, _: Tensor | null, temperature: number): Tensor {
    return tf.mul(stream.normalTensor([n, ...this.eventShape]), temperature);
  }

  override getConfig(): Config {
    return { eventShape: this.eventShape };
  }
}
