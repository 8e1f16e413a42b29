import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../../errors.js';
import { activationSlope } from '../../kernels/dual-dense/reference.js';
import { Module, type Config } from '../../module.js';
import { ACTIVATION_NAMES, activate, type ActivationName } from '../activation.js';

/** Nonlinearities with slopes between -1 and 1. `lipSwish` is `x σ(b x) / 1.1` with `b > 0` trained. */
export type LipschitzActivationName = 'lipSwish' | Exclude<ActivationName, 'identity' | 'gelu' | 'silu'>;

const STEEP: readonly ActivationName[] = ['identity', 'gelu', 'silu'];
const NAMES = ['lipSwish', ...ACTIVATION_NAMES.filter((name) => !STEEP.includes(name))];

/** Largest slope of `x σ(x)`, rounded up. */
const SWISH_SLOPE = 1.1;
/** `b = softplus(β)` at the start. */
const INITIAL_BETA = 0.5;

/** @throws FlowConfigError for a name that is not a {@link LipschitzActivationName}. */
export function checkLipschitzActivation(where: string, name: LipschitzActivationName): void {
  if (!NAMES.includes(name)) {
    throw new FlowConfigError(where, {
      expected: `one of ${NAMES.join(', ')}`,
      got: `"${String(name)}"`,
      hint: 'Slopes must not exceed 1; those of gelu and silu do.',
    });
  }
}

/**
 * A nonlinearity of a {@link LipschitzNetwork}, with its slope.
 *
 * LipSwish, `x σ(b x) / 1.1` with `b = softplus(β)`, β trained from 0.5: its slope varies where that of other activations is
 * near 1, so that a Jacobian can be large and change quickly. Source: Chen et al., "Residual flows for invertible
 * generative modeling", 2019, section 3.3.
 */
export class LipschitzActivation extends Module {
  static override readonly className: string = 'LipschitzActivation';

  readonly #name: LipschitzActivationName;
  readonly #beta: Variable | null;

  constructor(name: LipschitzActivationName) {
    super();
    this.#name = name;
    this.#beta = name === 'lipSwish' ? this.weight('beta', [], [INITIAL_BETA]) : null;
  }

  /** `φ(u)`. */
  value(u: Tensor): Tensor {
    if (this.#name !== 'lipSwish') return activate(this.#name, u);
    return tf.mul(tf.mul(u, tf.sigmoid(tf.mul(u, this.#steepness()))), 1 / SWISH_SLOPE);
  }

  /** `φ(u)` and `φ′(u)`. */
  valueAndSlope(u: Tensor): [value: Tensor, slope: Tensor] {
    if (this.#name !== 'lipSwish') {
      const y = activate(this.#name, u);
      return [y, activationSlope(this.#name, u, y)];
    }
    const v = tf.mul(u, this.#steepness());
    const share = tf.mul(tf.sigmoid(v), 1 / SWISH_SLOPE);
    // σ (1 + v (1 - σ)), all divided by 1.1.
    const rest = tf.sub(1, tf.mul(share, SWISH_SLOPE));
    return [tf.mul(u, share), tf.mul(share, tf.add(tf.mul(v, rest), 1))];
  }

  override getConfig(): Config {
    return { name: this.#name };
  }

  #steepness(): Tensor {
    return tf.softplus(this.#beta!);
  }
}
