import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import { affine } from '../kernels/affine/op.js';
import { LEAST_SCALE, SIGMOID_SHIFT, type ScaleFunction } from '../kernels/affine/spec.js';
import type { Config } from '../module.js';
import { ElementwiseTransform, type ElementwiseResult } from './elementwise-transform.js';

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
    return [0, this.#scale === 'exp' ? 0 : Math.log((1 - LEAST_SCALE) / LEAST_SCALE) - SIGMOID_SHIFT];
  }

  forward(x: Tensor, raw: Tensor): ElementwiseResult {
    return affine(x, raw, { scale: this.#scale, bound: this.#bound, inverse: false });
  }

  inverse(y: Tensor, raw: Tensor): ElementwiseResult {
    return affine(y, raw, { scale: this.#scale, bound: this.#bound, inverse: true });
  }

  getConfig(): Config {
    return { scale: this.#scale, bound: this.#bound };
  }
}
