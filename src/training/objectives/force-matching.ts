import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../../distributions/distribution.js';
import { Energy } from '../../energies/energy.js';
import { FlowConfigError } from '../../errors.js';
import { Flow } from '../../flows/flow.js';
import type { RandomStream } from '../../random.js';
import { sameShape } from '../../shapes.js';
import type { BatchTensors } from '../data/table.js';
import type { Objective } from './objective.js';

/** Options of {@link forceMatching}. Weights are divided by their sum. */
export interface ForceMatchingOptions {
  /** Weight of `−⟨log p(x)⟩`. Default: 1. */
  readonly likelihood?: number;
  /** Weight of the mean squared error of forces. Default: 1. */
  readonly forces?: number;
  /** Weight of `⟨log p(x) + u(x)⟩` over as many draws of the flow as the batch has rows. Default: 0. */
  readonly reverse?: number;
  /** The target `u` of `reverse`, tamed where atoms overlap: gradients of its largest values decide. Default: none. */
  readonly energy?: Energy | null;
}

/**
 * Force matching: trains a density on configurations and the forces on them, as a simulation of molecular dynamics gives both,
 *
 * `w_n −⟨log p(x)⟩ + w_f ⟨|∇ log p(x) − f|²⟩ + w_k KL`, `(w_n, w_f, w_k)` divided by their sum,
 *
 * `|·|²` a mean over coordinates, and `KL = ⟨log p(g(z)) + u(g(z))⟩` over draws. Data are `{ x, targets }`, targets the
 * forces `-∂u/∂x`, of the shape of an event, in kT per unit of `x`.
 *
 * The gradient of the force error is a second derivative: the flow has to be smooth - `BumpMixture` rather than splines,
 * `silu` rather than `relu`, which has none.
 *
 * Source: Köhler, Krämer, Noé, "Smooth normalizing flows", 2021, section 4.
 *
 * @throws FlowConfigError for a weight that is negative or no number, all of them zero, or `reverse` without an energy; when
 * called, for a model that is not a flow with reparameterised draws where `reverse` has weight, or an energy of other events.
 *
 * @example
 * await fit(flow, { x: frames, targets: forces }, { objective: forceMatching({ likelihood: 1, forces: 1e-3 }) });
 */
export function forceMatching(options: ForceMatchingOptions = {}): Objective {
  const { likelihood = 1, forces = 1, reverse = 0, energy = null } = options;
  const weights = { likelihood, forces, reverse };
  for (const [name, weight] of Object.entries(weights)) {
    if (typeof weight === 'number' && weight >= 0 && weight < Infinity) continue;
    throw new FlowConfigError(`forceMatching.${name}`, { expected: 'zero or a positive number', got: String(weight) });
  }
  const total = likelihood + forces + reverse;
  if (total === 0) throw new FlowConfigError('forceMatching', { expected: 'a weight above zero', got: 'none' });
  if (reverse > 0 !== energy instanceof Energy) {
    throw new FlowConfigError('forceMatching.energy', {
      expected: reverse > 0 ? 'an Energy, the target of `reverse`' : 'none, as `reverse` has no weight',
      got: energy ? energy.className : 'none',
    });
  }
  const objective = (model: Distribution, batch: BatchTensors, stream: RandomStream): Tensor =>
    tf.tidy(() => {
      const { logProb, force } = densityAndForce(model, batch);
      const error = tf.mean(tf.square(tf.sub(force, batch.targets!)));
      const direct = tf.sub(tf.mul(error, forces / total), tf.mul(tf.mean(logProb), likelihood / total));
      if (!energy || reverse === 0) return direct;
      return tf.add(direct, tf.mul(divergence(model, energy, batch, stream), reverse / total));
    });
  return Object.assign(objective, {
    rowwise: reverse === 0,
    targetShape: (model: Distribution) => model.eventShape,
  });
}

/** `log p(x)` and `∇ log p(x)`, both differentiable in the weights. */
function densityAndForce(model: Distribution, { x, context }: BatchTensors): { logProb: Tensor; force: Tensor } {
  const density = (at: Tensor) => model.logProb(at, { context });
  const { value, grad } = tf.valueAndGrad(density)(x, tf.ones([x.shape[0]]));
  return { logProb: value, force: grad };
}

/** `⟨log p(x) + u(x)⟩` over draws, one a row. */
function divergence(model: Distribution, energy: Energy, batch: BatchTensors, stream: RandomStream): Tensor {
  if (!(model instanceof Flow) || !model.reparameterised) {
    throw new FlowConfigError('forceMatching.reverse', {
      expected: 'a flow with reparameterised draws',
      got: `a ${model.className}`,
      hint: 'Leave `reverse` out.',
    });
  }
  if (!sameShape(energy.eventShape, model.eventShape)) {
    throw new FlowConfigError('forceMatching.energy', {
      expected: `an energy of events of shape [${model.eventShape.join(', ')}], as the flow draws`,
      got: `[${energy.eventShape.join(', ')}]`,
    });
  }
  const options = { seed: stream.split('draws'), context: batch.context };
  const [x, logProb] = model.rsampleAndLogProb(batch.x.shape[0], options);
  return tf.mean(tf.add(logProb, energy.energy(x)));
}
