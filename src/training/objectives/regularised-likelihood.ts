import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../../distributions/distribution.js';
import { FlowConfigError } from '../../errors.js';
import { collectingPenalties, type PathPenalty } from '../../path-penalties.js';
import type { BatchTensors } from '../data/table.js';
import type { Objective } from './objective.js';

/** Weights of {@link regularisedLikelihood}; each defaults to 0, `likelihood` to 1. */
export interface RegularisedLikelihoodOptions {
  /** Of `−⟨log p(x)⟩`. */
  readonly likelihood?: number;
  /** Of `⟨∫ |f|² dt⟩`, summed over coordinates: straight, slow paths. RNODE's is a mean over coordinates: divide by them. */
  readonly kinetic?: number;
  /** Of `⟨∫ |J|²_F dt⟩`: paths that change slowly from point to point. Estimated by the probes of the divergence. */
  readonly jacobian?: number;
  /** Of `⟨∫ |∂Φ/∂t − ½ α |f|²| dt⟩`, for fields that have a potential. */
  readonly hjb?: number;
  /** Of the stopping time `T`, where it is learned. */
  readonly time?: number;
}

/**
 * Maximum likelihood for continuous flows, with what keeps their paths cheap to solve:
 * `−⟨log p⟩ + kinetic ⟨∫|f|²⟩ + jacobian ⟨∫|J|²_F⟩ + hjb ⟨∫|…|⟩ + time T`.
 *
 * RNODE is `{ kinetic, jacobian }` (Finlay et al., "How to train your neural ODE", 2020); OT-Flow is
 * `{ kinetic: ½ α₁, likelihood: α₂, hjb: α₃ }` (Onken et al., 2021); TO-FLOW is `{ time: α }` (Du et al., 2022).
 *
 * @throws FlowConfigError for a weight that is negative or no number; when called, for a model that has nothing that could
 * be charged.
 */
export function regularisedLikelihood(options: RegularisedLikelihoodOptions): Objective {
  const { likelihood = 1, ...penalties } = options;
  for (const [name, weight] of Object.entries({ likelihood, ...penalties })) {
    if (typeof weight === 'number' && weight >= 0 && weight < Infinity) continue;
    throw new FlowConfigError(`regularisedLikelihood.${name}`, { expected: 'zero or a positive number', got: String(weight) }); // prettier-ignore
  }
  const weights = new Map((Object.entries(penalties) as [PathPenalty, number][]).filter(([, weight]) => weight > 0));
  return (model: Distribution, { x, context }: BatchTensors): Tensor =>
    tf.tidy(() => {
      const found = new Map<PathPenalty, Tensor[]>();
      const collector = {
        wanted: [...weights.keys()],
        add: (penalty: PathPenalty, value: Tensor) => {
          // It is handed over from inside of a scope that frees what it made.
          found.set(penalty, [...(found.get(penalty) ?? []), tf.keep(tf.mean(value))]);
        },
      };
      try {
        const logProb = collectingPenalties(collector, () => model.logProb(x, { context }));
        const terms = [...weights].flatMap(([penalty, weight]) => {
          const values = found.get(penalty) ?? refuse(penalty, model);
          return values.map((value) => tf.mul(value, weight));
        });
        return terms.reduce((sum, term) => tf.add(sum, term), tf.mul(tf.neg(tf.mean(logProb)), likelihood));
      } finally {
        tf.dispose([...found.values()]);
      }
    });
}

function refuse(penalty: PathPenalty, model: Distribution): never {
  throw new FlowConfigError(`regularisedLikelihood.${penalty}`, {
    expected: penalty === 'time' ? 'a flow with a learned stopping time' : 'a continuous flow',
    got: `a ${model.className} without`,
    hint: 'It may be hidden behind a part that is no continuous bijector; leave this weight out.',
  });
}
