import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { System } from './system.js';

/** Gradients with respect to everything a right-hand side depends on but the time. */
export interface PulledBack {
  /** `[rows, width]` */
  readonly y: Tensor;
  /** In the shapes of the inputs. */
  readonly inputs: readonly Tensor[];
  /** In the shapes of the variables. */
  readonly variables: readonly Tensor[];
}

/**
 * The vector-Jacobian product of a right-hand side: gradients of `Σ (dy/dt · cotangent.y) + Σ (dq/dt · cotangent.q)`.
 *
 * @param cotangent `[rows, width]`, and with quadratures `[rows, quadratures]`
 * @returns the gradients, and the right-hand side itself: `[dy/dt, dq/dt]`, `[rows, width + quadratures]`
 */
export function pullBack(
  system: System,
  t: Tensor,
  y: Tensor,
  inputs: readonly Tensor[],
  cotangent: { readonly y: Tensor; readonly q: Tensor | null },
): PulledBack & { readonly slope: Tensor } {
  const { variables, quadratures } = system;
  return tf.tidy(() => {
    const rightHandSide = () => {
      const [dy, dq] = system.derivative(t, y, inputs);
      return quadratures > 0 ? tf.concat([dy, dq], 1) : tf.clone(dy);
    };
    const upstream = cotangent.q ? tf.concat([cotangent.y, cotangent.q], 1) : cotangent.y;
    const sources = [y, ...inputs, ...(variables as readonly Tensor[])];
    const { value, grads } = tf.engine().gradients(rightHandSide, sources, upstream, true);
    const found = grads as (Tensor | undefined)[];
    // What it does not depend on has a gradient of zero.
    const gradients = found.map((gradient, i) => gradient ?? tf.zeros(sources[i].shape));
    return {
      slope: value,
      y: gradients[0],
      inputs: gradients.slice(1, 1 + inputs.length),
      variables: gradients.slice(1 + inputs.length),
    };
  });
}
