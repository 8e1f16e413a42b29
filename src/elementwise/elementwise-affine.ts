import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import type { Config } from '../module.js';
import { ElementwiseTransform, type ElementwiseResult } from './elementwise-transform.js';

/** How a raw number becomes a positive scale. */
export type ScaleFunction = 'exp' | 'sigmoid';

/** Options of {@link ElementwiseAffine}. */
export interface ElementwiseAffineOptions {
  /**
   * `exp` (default): `log s = bound · tanh(raw / bound)`. `sigmoid`: `s = sigmoid(raw + 2) + 1e-3`, the contracting form
   * of Glow and of the affine baseline in Neural Spline Flows.
   */
  readonly scale?: ScaleFunction;
  /** Largest `|log s|` of the `exp` form; keeps generation finite for any network output. Default: 5. */
  readonly bound?: number;
}

/**
 * `y = s · x + t` with raw parameters `(t, raw s)`; `log dy/dx = log s`.
 *
 * Source: Dinh, Sohl-Dickstein, Bengio, "Density estimation using Real NVP", 2017, equations 7 and 8.
 */
export class ElementwiseAffine extends ElementwiseTransform {
  static override readonly className = 'ElementwiseAffine';
  static override readonly samples = [() => new ElementwiseAffine(), () => new ElementwiseAffine({ scale: 'sigmoid' })];

  readonly parameterCount = 2;
  readonly #scale: ScaleFunction;
  readonly #bound: number;

  /** @throws FlowConfigError for an unknown scale function or a bound that is not positive. */
  constructor({ scale = 'exp', bound = 5 }: ElementwiseAffineOptions = {}) {
    super();
    if (scale !== 'exp' && scale !== 'sigmoid') {
      throw new FlowConfigError('ElementwiseAffine', {
        expected: "scale: 'exp' or 'sigmoid'",
        got: `'${String(scale)}'`,
      });
    }
    if (!(bound > 0)) throw new FlowConfigError('ElementwiseAffine', { expected: 'bound > 0', got: String(bound) });
    this.#scale = scale;
    this.#bound = bound;
  }

  identityParameters(): number[] {
    return [0, this.#scale === 'exp' ? 0 : Math.log((1 - 1e-3) / 1e-3) - 2];
  }

  forward(x: Tensor, raw: Tensor): ElementwiseResult {
    const [shift, logScale] = this.parameters(raw);
    return { value: tf.add(tf.mul(x, tf.exp(logScale)), shift), logDet: logScale };
  }

  inverse(y: Tensor, raw: Tensor): ElementwiseResult {
    const [shift, logScale] = this.parameters(raw);
    const negative = tf.neg(logScale);
    return { value: tf.mul(tf.sub(y, shift), tf.exp(negative)), logDet: negative };
  }

  getConfig(): Config {
    return { scale: this.#scale, bound: this.#bound };
  }

  private parameters(raw: Tensor): [shift: Tensor, logScale: Tensor] {
    const [shift, u] = tf.unstack(raw, 1) as [Tensor, Tensor];
    if (this.#scale === 'sigmoid') return [shift, tf.log(tf.add(tf.sigmoid(tf.add(u, 2)), 1e-3))];
    return [shift, tf.mul(tf.tanh(tf.div(u, this.#bound)), this.#bound)];
  }
}
