import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import { checkShape } from './check.js';
import type { Config } from '../module.js';
import { logSphereArea } from '../numerics/sphere-area.js';
import type { RandomStream } from '../random.js';
import { sizeOf, type Shape } from '../shapes.js';
import { unit } from '../numerics/unit.js';
import type { UnitVectors } from '../unit-vectors.js';
import { Distribution } from './distribution.js';

/** Options of {@link UniformSphere}: one of them. */
export interface UniformSphereOptions {
  /** `n`: one point of the sphere in `Rⁿ`. */
  readonly dims?: number;
  /** Shape of an event of several points, the last axis `n`. */
  readonly eventShape?: Shape;
}

/**
 * Independent points, uniform on the unit sphere in `Rⁿ`: `log p = -log(2 π^{n/2} / Γ(n/2))` each, with respect to its area. With
 * `dims: 4` they are rotations with the Haar measure, as unit quaternions; a density with respect to the Haar measure of total 1 is
 * `2π²` times the one here.
 */
export class UniformSphere extends Distribution {
  static override readonly className = 'UniformSphere';
  static override readonly samples = [
    () => new UniformSphere({ dims: 3 }),
    () => new UniformSphere({ eventShape: [2, 4] }),
  ];

  override readonly eventShape: Shape;
  override readonly unitVectors: UnitVectors;
  override readonly reparameterised = true;
  readonly #logProb: number;

  /** @throws FlowConfigError for a shape without points, or of points with fewer than 2 entries. */
  constructor({ dims, eventShape = dims === undefined ? [] : [dims] }: UniformSphereOptions) {
    super();
    checkShape('UniformSphere.eventShape', eventShape);
    const n = eventShape.at(-1) ?? 0;
    checkInteger('UniformSphere.dims', n, 2);
    this.eventShape = eventShape;
    this.unitVectors = [0, n];
    this.#logProb = -(sizeOf(eventShape) / n) * logSphereArea(n);
  }

  protected override density(x: Tensor): Tensor {
    // The sum keeps the value tied to `x`, with the gradient zero that it has.
    return tf.add(tf.sum(tf.zerosLike(tf.reshape(x, [x.shape[0], -1])), 1), this.#logProb);
  }

  protected override draw(n: number, stream: RandomStream): Tensor {
    return unit(stream.normalTensor([n, ...this.eventShape]));
  }

  override getConfig(): Config {
    return { eventShape: this.eventShape };
  }
}
