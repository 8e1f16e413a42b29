import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkBox, POSE, type Box } from '../conditioners/bodies/body-view.js';
import { checkInteger } from '../conditioners/check.js';
import { FlowConfigError } from '../errors.js';
import type { Config } from '../module.js';
import { logSphereArea } from '../numerics/sphere-area.js';
import { unit } from '../numerics/unit.js';
import type { RandomStream } from '../random.js';
import type { Shape } from '../shapes.js';
import type { UnitVectors } from '../unit-vectors.js';
import { Distribution } from './distribution.js';
import { standardNormalLogProb } from './standard-normal.js';

/** Options of {@link UniformBodies}. */
export interface UniformBodiesOptions {
  /** Number of bodies. */
  readonly bodies: number;
  /** Lengths of the periodic box. */
  readonly box: Box;
  /** Auxiliary numbers of each body, standard normal. Default: 0. */
  readonly auxiliaries?: number;
}

/**
 * Rigid bodies that know nothing of each other, an ideal gas: `[bodies, 7 + auxiliaries]`, of each a position uniform in a
 * periodic box, a rotation uniform by the Haar measure as a unit quaternion `(w, x, y, z)`, and auxiliary numbers that
 * are standard normal. `log p = -bodies (log V + log 2π²) + log N(aux)`, with respect to volume and the area of the sphere of quaternions,
 * which has every rotation twice.
 *
 * Positions are read modulo the box, so that a flow may move them out of it; draws lie in `[0, L)` along each axis.
 */
export class UniformBodies extends Distribution {
  static override readonly className = 'UniformBodies';
  static override readonly samples = [() => new UniformBodies({ bodies: 2, box: [1, 2, 0.5], auxiliaries: 1 })];

  override readonly eventShape: Shape;
  override readonly unitVectors: UnitVectors = [3, POSE];
  override readonly reparameterised = true;
  readonly #logProb: number;
  readonly #config: Required<UniformBodiesOptions>;

  /** @throws FlowConfigError for sizes that are no counts, or no box. */
  constructor({ bodies, box, auxiliaries = 0 }: UniformBodiesOptions) {
    super();
    checkInteger('UniformBodies.bodies', bodies);
    checkInteger('UniformBodies.auxiliaries', auxiliaries, 0);
    if (!(box as Box | null | undefined)) {
      throw new FlowConfigError('UniformBodies.box', {
        expected: 'three positive lengths',
        got: String(box),
        hint: 'In free space nothing is uniform; EinsteinCrystal has bodies about sites.',
      });
    }
    checkBox('UniformBodies', box);
    this.eventShape = [bodies, POSE + auxiliaries];
    this.#logProb = -bodies * (Math.log(box[0]) + Math.log(box[1]) + Math.log(box[2]) + logSphereArea(4));
    this.#config = { bodies, box, auxiliaries };
  }

  protected override density(x: Tensor): Tensor {
    const poses = tf.slice(x, [0, 0, 0], [-1, -1, POSE]);
    // The sum keeps the value tied to `x`, with the gradient zero that it has.
    const logProb = tf.add(tf.sum(tf.zerosLike(poses), [1, 2]), this.#logProb);
    return tf.add(logProb, auxiliaryLogProb(x));
  }

  protected override draw(n: number, stream: RandomStream): Tensor {
    const { bodies, box, auxiliaries } = this.#config;
    const positions = tf.mul(stream.uniformTensor([n, bodies, 3]), tf.tensor1d([...box]));
    const rotations = unit(stream.normalTensor([n, bodies, 4]));
    const others = auxiliaries > 0 ? [stream.normalTensor([n, bodies, auxiliaries])] : [];
    return tf.concat([positions, rotations, ...others], 2);
  }

  override getConfig(): Config {
    return { ...this.#config };
  }
}

/** `log N(aux; 0, I)` of what follows the poses of bodies, `[batch, bodies, 7 + auxiliaries]` → `[batch]`. */
export function auxiliaryLogProb(x: Tensor): Tensor {
  const [batch, bodies, width] = x.shape as [number, number, number];
  if (width === POSE) return tf.zeros([batch]);
  const numbers = tf.reshape(tf.slice(x, [0, 0, POSE], [-1, -1, -1]), [batch, bodies * (width - POSE)]);
  return standardNormalLogProb(numbers);
}
