import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import type { Config } from '../module.js';
import { pole, poleParameters } from './pole.js';
import { SphereTransform, type SphereResult } from './sphere-transform.js';
import { dot, unit } from '../numerics/unit.js';

/**
 * A Möbius map and its mirror image added up, `y = unit(M_w(z) + M_{-w}(z))`, which commutes with `z → -z` and so acts on
 * rotations. It is a linear map followed by normalisation, `y = A z / |A z|` with `A = (1 + |w|²) I - 2 w wᵀ`; hence,
 * in `Rⁿ` and with `r = |w|`:
 *
 * - `log area = (n - 1) log(1 + r²) + log(1 - r²) - n/2 log((1 + r²)² - 4 (w·z)²)` and back
 *   `log(1 + r²) + (n - 1) log(1 - r²) - n/2 log((1 - r²)² + 4 (w·y)²)`,
 * - `z = unit((1 - r²) y + 2 (w·y) w)`: no clamps, and no branches near the rim.
 *
 * What one layer, or a stack with constant parameters, makes of the uniform density is an angular central Gaussian;
 * conditioned on something else it does more. The raw parameters are the pole `w` and a gate; it starts near the identity
 * rather than at it, since `w` and `-w` are the same map and the identity would have no gradient.
 *
 * Source: Köhler, Invernizzi, de Haan, Noé, "Rigid body flows for sampling molecular crystal structures", 2023,
 * section 4.2; the projective form and its inverse follow from it.
 *
 * @cost forward: formula; inverse: formula
 */
export class SymmetrizedMoebius extends SphereTransform {
  static override readonly className = 'SymmetrizedMoebius';

  override readonly dims: number;
  override readonly parameterCount: number;
  override readonly odd = true;

  /** @throws FlowConfigError when `dims` is below 2. */
  constructor({ dims }: { readonly dims: number }) {
    super();
    checkInteger('SymmetrizedMoebius.dims', dims, 2);
    this.dims = dims;
    this.parameterCount = poleParameters(dims);
  }

  override startParameters(): number[] {
    return Array.from({ length: this.parameterCount }, (_, i) => (i < this.dims ? START * (-1) ** i : 0));
  }

  override forward(x: Tensor, raw: Tensor): SphereResult {
    const [z, w] = [unit(x), pole(raw, this.dims)];
    const { plus, minus } = squares(w);
    const along = dot(w, z);
    const value = unit(tf.sub(tf.mul(plus, z), tf.mul(tf.mul(along, 2), w)));
    const stretch = tf.log(tf.sub(tf.square(plus), tf.mul(tf.square(along), 4)));
    const logDet = tf.add(tf.mul(tf.log(plus), this.dims - 1), tf.log(minus));
    return { value, logDet: this.#rows(logDet, stretch) };
  }

  override inverse(y: Tensor, raw: Tensor): SphereResult {
    const [z, w] = [unit(y), pole(raw, this.dims)];
    const { plus, minus } = squares(w);
    const along = dot(w, z);
    const value = unit(tf.add(tf.mul(minus, z), tf.mul(tf.mul(along, 2), w)));
    const stretch = tf.log(tf.add(tf.square(minus), tf.mul(tf.square(along), 4)));
    const logDet = tf.add(tf.log(plus), tf.mul(tf.log(minus), this.dims - 1));
    return { value, logDet: this.#rows(logDet, stretch) };
  }

  override getConfig(): Config {
    return { dims: this.dims };
  }

  #rows(logDet: Tensor, stretch: Tensor): Tensor {
    return tf.squeeze(tf.sub(logDet, tf.mul(stretch, this.dims / 2)), [1]);
  }
}

/** Entries of the raw pole at the start. */
const START = 1;

/** `1 + |w|²` and `1 - |w|²`. */
function squares(w: Tensor): { plus: Tensor; minus: Tensor } {
  const square = dot(w, w);
  return { plus: tf.add(square, 1), minus: tf.sub(1, square) };
}
