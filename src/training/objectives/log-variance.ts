import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../../distributions/distribution.js';
import type { Energy } from '../../energies/energy.js';
import { offTape } from '../../kernels/stop-gradient/off-tape.js';
import type { BatchTensors } from '../data/table.js';
import { baseDraws } from '../sources/base-draws.js';
import { badEnergies, checkEnergy, checkEvents, checkFlow, named, reducedEnergy, uncut } from './energy-checks.js';
import type { Objective } from './objective.js';
import { pushForward } from './reverse-terms.js';

/**
 * The log-variance divergence, `Var[log q(x) + u(x)]` over draws `x` of the flow as it is, held fixed: zero where the flow is the target, for
 * every batch, whatever `log Z`. No gradient flows through the energy or the draws, so the energy need not be differentiable.
 * Its gradient is that of `reverseKl` with a baseline, on average over draws, and likewise seeks modes.
 *
 * Source: Richter et al., "VarGrad: a low-variance gradient estimator for variational inference", 2020.
 *
 * @throws FlowConfigError for what is no energy; when called, for a model that is no flow or has a trained base.
 * @throws FlowShapeError when called with a model of other events than the energy.
 */
export function logVariance(energy: Energy): Objective {
  const where = 'logVariance';
  checkEnergy(where, energy);
  const exact = uncut(energy);
  const flowOf = (model: Distribution) => {
    checkEvents(where, model, energy, false);
    return checkFlow(where, model);
  };

  const objective = (model: Distribution, { x: z }: BatchTensors): Tensor =>
    tf.tidy(() => {
      const flow = flowOf(model);
      const [x, u] = offTape(() => {
        const drawn = flow.bijector.forward(z);
        return [drawn, energy.energy(drawn)];
      });
      const terms = tf.add(flow.logProb(x), u);
      return tf.mean(tf.square(tf.sub(terms, tf.mean(terms))));
    });

  return named(where, objective, {
    rows: (model: Distribution) => flowOf(model).base,
    source: (model: Distribution) => baseDraws(flowOf(model).base, null),
    logWeights: (model: Distribution, { x: z }: BatchTensors): Tensor =>
      tf.tidy(() => {
        const { x, logProb } = pushForward(flowOf(model), z, null);
        return tf.neg(tf.add(reducedEnergy(exact, x, null), logProb));
      }),
    examine: (model: Distribution, { x: z }: BatchTensors) => badEnergies(energy, () => flowOf(model).forward(z)),
  });
}
