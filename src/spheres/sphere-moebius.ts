import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInteger } from '../conditioners/check.js';
import type { Config } from '../module.js';
import { pole, poleParameters } from './pole.js';
import { SphereTransform, type SphereResult } from './sphere-transform.js';
import { dot, unit } from '../numerics/unit.js';

/**
 * The Möbius map of a sphere onto itself, which draws points away from a pole `w`, `|w| < 1`, and keeps angles between curves:
 * `M_w(z) = (1 - |w|²) / |z - w|² (z - w) - w`, `log area = (n - 1) log((1 - |w|²) / |z - w|²)`, `M_w⁻¹ = M_{-w}`.
 * On the circle, `n = 2`, it moves angles. The raw parameters are the pole and a gate.
 *
 * Source: Rezende et al., "Normalizing flows on tori and spheres", 2020, section 2.1; Köhler et al., "Rigid body flows",
 * 2023.
 *
 * @cost forward: formula; inverse: formula
 */
export class SphereMoebius extends SphereTransform {
  static override readonly className = 'SphereMoebius';

  override readonly dims: number;
  override readonly parameterCount: number;
  override readonly odd = false;

  /** @throws FlowConfigError when `dims` is below 2. */
  constructor({ dims }: { readonly dims: number }) {
    super();
    checkInteger('SphereMoebius.dims', dims, 2);
    this.dims = dims;
    this.parameterCount = poleParameters(dims);
  }

  override startParameters(): number[] {
    return Array<number>(this.parameterCount).fill(0);
  }

  override forward(x: Tensor, raw: Tensor): SphereResult {
    return this.#move(unit(x), pole(raw, this.dims));
  }

  override inverse(y: Tensor, raw: Tensor): SphereResult {
    return this.#move(unit(y), tf.neg(pole(raw, this.dims)));
  }

  override getConfig(): Config {
    return { dims: this.dims };
  }

  #move(z: Tensor, w: Tensor): SphereResult {
    const away = tf.sub(z, w);
    const ratio = tf.div(tf.sub(1, dot(w, w)), dot(away, away));
    const value = unit(tf.sub(tf.mul(ratio, away), w));
    return { value, logDet: tf.mul(tf.squeeze(tf.log(ratio), [1]), this.dims - 1) };
  }
}
