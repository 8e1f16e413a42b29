import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config } from '../module.js';
import type { RandomStream } from '../random.js';
import { sizeOf, type Shape } from '../shapes.js';
import { clamp } from '../kernels/clamp/op.js';
import { checkShape } from './check.js';
import { Distribution } from './distribution.js';
import { standardNormalLogProb } from './standard-normal.js';

/** Options of {@link TemperedNormal}. */
export interface TemperedNormalOptions {
  /** Shape of one event. */
  readonly eventShape: Shape;
}

/** Temperatures below, zero and negative ones too, count as this one. */
const LEAST = 1e-12;

/**
 * `N(0, τ I)`, the standard normal at the temperature `τ`, its context of shape `[1]`: the base of flows that can be steered in
 * temperature. Under a bijector with a constant Jacobian that takes no context, `q_τ(x) ∝ q_1(x)^{1/τ}` exactly, as
 * Boltzmann densities are.
 *
 * Source: Dibak et al., "Temperature steerable flows and Boltzmann generators", 2022.
 */
export class TemperedNormal extends Distribution {
  static override readonly className = 'TemperedNormal';
  static override readonly samples = [() => new TemperedNormal({ eventShape: [2] })];

  override readonly eventShape: Shape;
  override readonly contextShape: Shape = [1];
  override readonly reparameterised = true;

  /** @throws FlowConfigError for a shape that is missing or not one of positive integers. */
  constructor({ eventShape }: TemperedNormalOptions) {
    super();
    this.eventShape = checkShape('TemperedNormal.eventShape', eventShape);
  }

  protected override density(x: Tensor, context: Tensor | null): Tensor {
    const temperature = this.#aligned(context!);
    const logScale = tf.mul(0.5 * sizeOf(this.eventShape), tf.log(tf.reshape(temperature, [x.shape[0]])));
    return tf.sub(standardNormalLogProb(tf.mul(x, tf.rsqrt(temperature))), logScale);
  }

  protected override draw(n: number, stream: RandomStream, context: Tensor | null): Tensor {
    return tf.mul(stream.normalTensor([n, ...this.eventShape]), tf.sqrt(this.#aligned(context!)));
  }

  override getConfig(): Config {
    return { eventShape: this.eventShape };
  }

  #aligned(context: Tensor): Tensor {
    return tf.reshape(clamp(context, LEAST, 3e38), [context.shape[0], ...this.eventShape.map(() => 1)]);
  }
}
