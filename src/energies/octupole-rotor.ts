import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Config } from '../module.js';
import { unit } from '../numerics/unit.js';
import type { Shape } from '../shapes.js';
import { checkConstants } from './checks.js';
import { Energy, type Invariances } from './energy.js';

/** Strips of the integral over one axis. */
const STRIPS = 400;

/**
 * A rigid tetrahedron in an octupole field along z, as a function of its rotation `R`, a unit quaternion `(w, x, y, z)`:
 *
 * `u(R) = -κ Σₐ (e_z · R nₐ)³`, `nₐ` the four corners `(1, 1, 1)`, `(1, -1, -1)`, `(-1, 1, -1)`, `(-1, -1, 1)` over `√3`.
 *
 * In terms of the field seen from the body, `v = Rᵀ e_z`, it is `-(8κ/√3) v₁ v₂ v₃`. The minimum, `-8κ/9`, is where a corner
 * points along the field: four circles of rotations, one for each corner, that turning about the field runs through. It is the same for `q` and `-q`;
 * quaternions are made of length 1, so that forces lie in the sphere. {@link logPartition} is exact.
 */
export class OctupoleRotor extends Energy {
  static override readonly className = 'OctupoleRotor';
  static override readonly samples = [() => new OctupoleRotor({ strength: 3 })];

  override readonly eventShape: Shape = [4];
  override readonly invariances: Invariances = { reflections: true };
  /** `κ`, in kT. */
  readonly strength: number;

  /** @throws FlowConfigError for a strength that is not positive. */
  constructor({ strength = 4 }: { readonly strength?: number } = {}) {
    super();
    checkConstants('OctupoleRotor', { strength }, 'positive');
    this.strength = strength;
  }

  /**
   * `log ∫ exp(-u) dR` over the Haar measure of total 1; over the area of the sphere of quaternions it is `log 2π²` more. With the angle about one
   * axis of the body done in closed form it is `log ∫₀¹ I₀(4κ/√3 v (1 - v²)) dv`.
   */
  get logPartition(): number {
    const scale = (4 * this.strength) / Math.sqrt(3);
    // The largest argument, at v = 1/√3, is taken out.
    const largest = (scale * 2) / (3 * Math.sqrt(3));
    const values = Array.from({ length: STRIPS + 1 }, (_, i) => {
      const v = i / STRIPS;
      return scaledBessel(scale * v * (1 - v * v), largest);
    });
    // Simpson's rule.
    const sum = values.reduce((total, value, i) => total + value * (i === 0 || i === STRIPS ? 1 : i % 2 === 1 ? 4 : 2), 0); // prettier-ignore
    return largest + Math.log(sum / (3 * STRIPS));
  }

  protected override evaluate(q: Tensor): Tensor {
    const [w, x, y, z] = tf.split(unit(q), 4, 1);
    const v1 = tf.mul(tf.sub(tf.mul(x, z), tf.mul(w, y)), 2);
    const v2 = tf.mul(tf.add(tf.mul(y, z), tf.mul(w, x)), 2);
    const v3 = tf.sub(tf.add(tf.square(w), tf.square(z)), tf.add(tf.square(x), tf.square(y)));
    const product = tf.mul(tf.mul(v1, v2), v3);
    return tf.squeeze(tf.mul(product, (-8 * this.strength) / Math.sqrt(3)), [1]);
  }

  override getConfig(): Config {
    return { strength: this.strength };
  }
}

/** `e^-c I₀(x)` by the mean of `e^{x cos φ}` over a circle, which converges faster than any power of the number of points. */
function scaledBessel(x: number, c: number): number {
  const points = 32 + 8 * Math.ceil(Math.sqrt(x));
  let sum = 0;
  for (let i = 0; i < points; i++) sum += Math.exp(x * Math.cos((2 * Math.PI * i) / points) - c);
  return sum / points;
}
