import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Energy } from '../../energies/energy.js';
import { FlowConfigError } from '../../errors.js';
import type { Flow } from '../../flows/flow.js';
import { offTape } from '../../kernels/stop-gradient/off-tape.js';
import { reducedEnergy } from './energy-checks.js';

/** How the gradient of a reverse divergence is estimated; see {@link reverseKl}. */
export type ReverseGradient = 'path' | 'total';

/** @throws FlowConfigError for another name. */
export function checkGradient(where: string, gradient: ReverseGradient | null): ReverseGradient | null {
  if (gradient === null || gradient === 'path' || gradient === 'total') return gradient;
  throw new FlowConfigError(`${where}.gradient`, { expected: '"path" or "total"', got: String(gradient) });
}

/** Draws `x = g(z)` and `log q(x)`, `[rows]`, from draws of the base; both depend on the weights. */
export function pushForward(flow: Flow, z: Tensor, context: Tensor | null): { x: Tensor; logProb: Tensor } {
  const inner = flow.embed(context);
  const [x, logDet] = flow.bijector.forwardAndLogDet(z, flow.bijector.contextShape && inner);
  return { x, logProb: tf.sub(baseLogProb(flow, z, inner), logDet) };
}

/**
 * `u(x) / τ + log q(x)`, `[rows]`, at `x = g(z)`.
 *
 * With the gradient `path` the weights act through `x` alone: the gradient is `∂x/∂θ · ∇ₓ[u(x) / τ + log q(x)]`, the slope
 * being found through the inverse, with the weights held fixed.
 */
export function reverseTerms(
  flow: Flow,
  energy: Energy,
  z: Tensor,
  context: Tensor | null,
  gradient: ReverseGradient,
): { x: Tensor; terms: Tensor } {
  // Where no gradient is taken the slopes are not needed.
  if (gradient === 'total' || tf.engine().state.gradientDepth === 0) {
    const { x, logProb } = pushForward(flow, z, context);
    return { x, terms: tf.add(reducedEnergy(energy, x, context), logProb) };
  }
  const inner = flow.embed(context);
  const own = flow.bijector.contextShape && inner;
  const x = flow.bijector.forward(z, own);
  const terms = alongPath(x, (at) => {
    const [origin, logDet] = flow.bijector.inverseAndLogDet(at, own);
    return tf.addN([reducedEnergy(energy, at, context), baseLogProb(flow, origin, inner), logDet]);
  });
  return { x, terms };
}

/** A base may have no density, being given by its draws: what it would add does not depend on the weights. */
function baseLogProb({ base }: Flow, z: Tensor, context: Tensor | null): Tensor {
  if (!base.hasDensity) return tf.zeros([z.shape[0]]);
  return base.logProb(z, { context: base.contextShape && context });
}

/** A function of rows `[rows, ...]` → `[rows]` whose gradient is that in `x`, whatever else it depends on. */
function alongPath(x: Tensor, compute: (x: Tensor) => Tensor): Tensor {
  return tf.customGrad((input, save) => {
    const at = input as Tensor;
    const rows = at.shape[0];
    const { value, grad } = offTape(() => tf.valueAndGrad(compute)(at, tf.ones([rows])));
    (save as tf.GradSaveFunc)([grad]);
    const gradFunc = (upstream: Tensor, [slope]: Tensor[]) => [
      tf.mul(tf.reshape(upstream, [rows, ...at.shape.slice(1).fill(1)]), slope),
    ];
    return { value, gradFunc };
  })(x);
}
