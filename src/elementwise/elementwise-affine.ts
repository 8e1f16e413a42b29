import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import type { Interval } from '../interval.js';
import { affine } from '../kernels/affine/op.js';
import { SIGMOID_SHIFT, type AffineAttributes } from '../kernels/affine/spec.js';
import type { Config } from '../module.js';
import { ElementwiseTransform, type ElementwiseResult } from './elementwise-transform.js';

/** How a raw number becomes the slope of {@link ElementwiseAffine}. */
export type ScaleMap = 'exp' | 'sigmoid' | 'inverseSigmoid' | 'inverseSoftplus' | 'inverseExp';

/** Options of {@link ElementwiseAffine}. */
export interface ElementwiseAffineOptions {
  /**
   * Slope `s` of the generating direction, from the raw number `u`; the density direction has `1 / s`.
   *
   * - `exp` (default): `log s = bound · tanh(u / bound)`; `s` lies between `exp(-bound)` and `exp(bound)`.
   * - `sigmoid`: `s = σ(u + 2) + least`, at most `1 + least`: draws cannot explode, whatever the network says.
   * - `inverseSigmoid`: `1 / s = σ(u + 2) + least`, the form of Glow and of the affine baseline in Neural Spline Flows.
   *   Draws may be stretched by up to `1 / least` in each layer, and are where a context is unlike those trained on.
   * - `inverseSoftplus`: `1 / s = log(1 + e^u) + least`, the form of autoregressive layers in nflows.
   * - `inverseExp`: `log(1 / s) = u / (1 + |u| / bound)`, the form of zuko; `s` lies between `exp(-bound)` and `exp(bound)`.
   */
  readonly scale?: ScaleMap;
  /** Largest `|log s|` of the forms with `exp`; null for none, `|log s| = |u|`, as NICE and MAF were published. Default: 5. */
  readonly bound?: number | null;
  /** Least value of the other forms. Default: 1e-3. */
  readonly least?: number;
}

const SCALE_MAPS: readonly ScaleMap[] = ['exp', 'sigmoid', 'inverseSigmoid', 'inverseSoftplus', 'inverseExp'];

/**
 * `y = s · x + t` with raw parameters `(t, u)`, or `x = y / s + t` in the inverse forms; `log dy/dx = log s`.
 * {@link slopes} says what `s` may be, which decides how robust a conditional flow is: see {@link ShiftedSpline}.
 *
 * Sources: Dinh, Sohl-Dickstein, Bengio, "Density estimation using Real NVP", 2017, equations 7 and 8; Hong, Park, Chun,
 * "On the robustness of normalizing flows for inverse problems in imaging", 2023, section 3.
 *
 * @cost forward: formula; inverse: formula
 */
export class ElementwiseAffine extends ElementwiseTransform {
  static override readonly className = 'ElementwiseAffine';
  static override readonly samples = [
    () => new ElementwiseAffine(),
    () => new ElementwiseAffine({ scale: 'sigmoid' }),
    () => new ElementwiseAffine({ scale: 'inverseSigmoid', least: 1e-2 }),
    () => new ElementwiseAffine({ scale: 'inverseSoftplus' }),
    () => new ElementwiseAffine({ scale: 'inverseExp', bound: 3 }),
  ];

  readonly parameterCount = 2;
  /** Least and greatest slope of the generating direction, base → data; `1 / s` bounds the other one. */
  readonly slopes: Interval;
  readonly #form: Omit<AffineAttributes, 'inverse'>;
  /** The direction in which `x ↦ s x + t` runs. */
  readonly #flipped: boolean;
  /** For the forms that the kernel does not know: `log 1/s`, which it takes as an unbounded `exp`. */
  readonly #logSlope: ((u: Tensor) => Tensor) | null;
  readonly #config: Config;

  /** @throws FlowConfigError for an unknown form, or a bound or least value that is not positive. */
  constructor({ scale = 'exp', bound = 5, least = 1e-3 }: ElementwiseAffineOptions = {}) {
    super();
    const where = 'ElementwiseAffine';
    if (!SCALE_MAPS.includes(scale)) {
      throw new FlowConfigError(where, {
        expected: `scale: one of ${SCALE_MAPS.join(', ')}`,
        got: `'${String(scale)}'`,
      });
    }
    if (bound !== null && !(bound > 0 && bound < Infinity)) {
      throw new FlowConfigError(where, { expected: 'bound > 0, or null', got: String(bound) });
    }
    if (!(least > 0 && least < 1)) {
      throw new FlowConfigError(where, { expected: 'least between 0 and 1', got: String(least) });
    }
    const limit = bound ?? Infinity;
    this.#flipped = scale.startsWith('inverse');
    this.#logSlope = logSlopeOf(scale, limit, least);
    const kernel = scale === 'sigmoid' || scale === 'inverseSigmoid' ? 'sigmoid' : 'exp';
    this.#form = { scale: kernel, bound: this.#logSlope ? Infinity : limit, least };
    this.slopes = slopesOf(scale, limit, least);
    this.#config = { scale, bound, least };
  }

  identityParameters(): number[] {
    const { scale, least } = this.#config as Required<ElementwiseAffineOptions>;
    if (scale === 'exp' || scale === 'inverseExp') return [0, 0];
    if (scale === 'inverseSoftplus') return [0, Math.log(Math.expm1(1 - least))];
    return [0, Math.log((1 - least) / least) - SIGMOID_SHIFT];
  }

  forward(x: Tensor, raw: Tensor): ElementwiseResult {
    return affine(x, this.kernelParameters(raw), { ...this.#form, inverse: this.#flipped });
  }

  inverse(y: Tensor, raw: Tensor): ElementwiseResult {
    return affine(y, this.kernelParameters(raw), { ...this.#form, inverse: !this.#flipped });
  }

  getConfig(): Config {
    return this.#config;
  }

  private kernelParameters(raw: Tensor): Tensor {
    if (!this.#logSlope) return raw;
    const [shift, u] = tf.split(raw, 2, 1);
    return tf.concat([shift, this.#logSlope(u)], 1);
  }
}

function logSlopeOf(scale: ScaleMap, bound: number, least: number): ((u: Tensor) => Tensor) | null {
  if (scale === 'inverseSoftplus') return (u) => tf.log(tf.add(tf.softplus(u), least));
  if (scale !== 'inverseExp') return null;
  return bound === Infinity ? (u) => u : (u) => tf.div(u, tf.add(tf.div(tf.abs(u), bound), 1));
}

function slopesOf(scale: ScaleMap, bound: number, least: number): Interval {
  switch (scale) {
    case 'sigmoid':
      return [least, 1 + least];
    case 'inverseSigmoid':
      return [1 / (1 + least), 1 / least];
    case 'inverseSoftplus':
      return [0, 1 / least];
    case 'exp':
    case 'inverseExp':
      return [Math.exp(-bound), Math.exp(bound)];
  }
}
