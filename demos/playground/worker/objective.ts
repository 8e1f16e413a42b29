import * as tf from '@tensorflow/tfjs-core';
import { flowMatching, negativeLogLikelihood, optimalTransport, type Distribution, type Energy, type Flow, type Objective, type RandomStream } from 'tfjs-flows'; // prettier-ignore
import type { FlowEntry } from '../catalogue/flows.js';

/** What a run makes small. */
export function objectiveFor(entry: FlowEntry, energy: Energy | null): Objective {
  if (energy) return reverseDivergence(energy);
  return entry.objective === 'flowMatching' ? flowMatching({ coupling: optimalTransport() }) : negativeLogLikelihood;
}

/** `KL(q ‖ p) - log Z = ⟨log q(x) + u(x)⟩` over draws of the flow: no data. */
function reverseDivergence(energy: Energy): Objective {
  const loss: Objective = (model, { noise }) =>
    tf.tidy(() => {
      const { base, bijector } = model as Flow;
      const [x, logDet] = bijector.forwardAndLogDet(noise!);
      return tf.mean(tf.add(tf.sub(base.logProb(noise!), logDet), energy.energy(x)));
    });
  const noise = (_: Distribution, rows: number, stream: RandomStream) => stream.normalTensor([rows, 2]);
  return Object.assign(loss, { rowwise: true, noise });
}
