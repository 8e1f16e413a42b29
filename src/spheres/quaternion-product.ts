import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import type { Config } from '../module.js';
import { quaternionConjugate, quaternionProduct } from '../rotations/quaternions.js';
import { SphereTransform, type SphereResult } from './sphere-transform.js';
import { unit } from '../numerics/unit.js';

/** Options of {@link QuaternionProduct}. */
export interface QuaternionProductOptions {
  /** The rotation after all others, as a quaternion; made of length 1. Default: none. */
  readonly left?: readonly number[];
  /** The rotation before all others, likewise. Default: none. */
  readonly right?: readonly number[];
  /** Turn by a further `a` on the left and `b` on the right, which are trained. Default: true. */
  readonly learned?: boolean;
}

/** Raw parameters are added to the quaternion of no rotation. */
const NONE = [1, 0, 0, 0];

/**
 * Rotations put before and after a rotation: `y = l a z b r` in quaternions, with `l` and `r` fixed and `a` and `b` trained (`a` the unit
 * vector along `(1, 0, 0, 0)` plus its raw parameters). It is a rotation of the sphere in R⁴, every one of them is of this form, and
 * areas stay as they are: `log area = 0`. It gives a spline in angles other seams, and an untrained mixture other axes.
 *
 * Source: Conway and Smith, "On quaternions and octonions", 2003, section 4.1.
 *
 * @cost forward: formula; inverse: formula
 */
export class QuaternionProduct extends SphereTransform {
  static override readonly className = 'QuaternionProduct';

  override readonly dims = 4;
  override readonly parameterCount: number;
  override readonly odd = true;
  readonly #left: readonly number[];
  readonly #right: readonly number[];
  readonly #learned: boolean;

  /** @throws FlowConfigError for rotations that are not four numbers with a direction. */
  constructor({ left = NONE, right = NONE, learned = true }: QuaternionProductOptions = {}) {
    super();
    this.#left = unitQuaternion('left', left);
    this.#right = unitQuaternion('right', right);
    this.#learned = learned;
    this.parameterCount = learned ? 8 : 0;
  }

  override startParameters(): number[] {
    return Array<number>(this.parameterCount).fill(0);
  }

  override forward(x: Tensor, raw: Tensor): SphereResult {
    const [left, right] = this.#factors(raw);
    return this.#turned(quaternionProduct(quaternionProduct(left, unit(x)), right));
  }

  override inverse(y: Tensor, raw: Tensor): SphereResult {
    const [left, right] = this.#factors(raw).map(quaternionConjugate);
    return this.#turned(quaternionProduct(quaternionProduct(left, unit(y)), right));
  }

  override getConfig(): Config {
    return { left: this.#left, right: this.#right, learned: this.#learned };
  }

  /** `l a` and `b r`, `[rows, 4]` or `[1, 4]`. */
  #factors(raw: Tensor): [Tensor, Tensor] {
    const [left, right] = [tf.tensor2d([[...this.#left]]), tf.tensor2d([[...this.#right]])];
    if (!this.#learned) return [left, right];
    const [a, b] = tf.split(raw, 2, 1).map((part) => unit(tf.add(part, NONE)));
    return [quaternionProduct(left, a), quaternionProduct(b, right)];
  }

  #turned(value: Tensor): SphereResult {
    return { value, logDet: tf.zeros([value.shape[0]]) };
  }
}

function unitQuaternion(name: string, q: readonly number[]): number[] {
  const length = Math.hypot(...q);
  if (q.length !== 4 || !(length > 0 && length < Infinity)) {
    throw new FlowConfigError(`QuaternionProduct.${name}`, {
      expected: 'four numbers (w, x, y, z), not all zero',
      got: `[${q.join(', ')}]`,
    });
  }
  return q.map((entry) => entry / length);
}
