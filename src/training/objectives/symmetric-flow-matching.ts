import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../../errors.js';
import { SymmetricFlow } from '../../flows/symmetric-flow.js';
import { offTape } from '../../kernels/stop-gradient/off-tape.js';
import { uniformTimes, type TimeSampler } from '../paths/times.js';
import type { Objective } from './objective.js';

/** Options of {@link symmetricFlowMatching}. */
export interface SymmetricFlowMatchingOptions {
  /** Times at which rows are looked at. Default: {@link uniformTimes}. */
  readonly times?: TimeSampler;
}

/**
 * Trains a {@link SymmetricFlow} on features `x` and labels `y`, the contexts: as features come out of noise, labels go
 * into it. With noise `ξ` for both, and labels spread over their bins,
 *
 * `x_t = (1 − t) ξ_x + t x`, `y_t = (1 − t) y + t ξ_y`,
 * `⟨|v_x − (x − ξ_x)|² + |v_y − (ξ_y − y)|² / s²⟩`, summed over the coordinates,
 *
 * with `s` the label scale of the model, 1 in the paper, so that labels weigh the same whatever it is (Caetano et al.,
 * "Symmetrical flow matching", 2026).
 *
 * @throws FlowConfigError for an option of another kind; when called, for a model that is no SymmetricFlow.
 */
export function symmetricFlowMatching({ times = uniformTimes() }: SymmetricFlowMatchingOptions = {}): Objective {
  const where = 'symmetricFlowMatching';
  if (typeof times !== 'function') {
    throw new FlowConfigError(`${where}.times`, { expected: 'a function, such as uniformTimes()', got: String(times) });
  }
  return (model, { x, context }, stream) => {
    if (!(model instanceof SymmetricFlow)) {
      throw new FlowConfigError(where, { expected: 'a SymmetricFlow', got: `a ${model.className}` });
    }
    return tf.tidy(() => {
      const rows = x.shape[0];
      const [t, point, target] = offTape((): Tensor[] => {
        const y = model.embedLabels(context!, stream.split('labels'));
        const noise = stream.split('noise').normalTensor([rows, ...model.field.eventShape]);
        const [noiseX, noiseY] = model.separate(noise);
        const t = tf.tensor(times(rows, stream.split('times')), [rows, 1], 'float32');
        const along = tf.reshape(t, [rows, ...x.shape.slice(1).map(() => 1)]);
        const [start, end] = [model.join(noiseX, y), model.join(x, noiseY)];
        const target = tf.sub(end, start);
        return [t, tf.add(start, tf.mul(along, target)), target];
      });
      const [errorX, errorY] = model
        .separate(tf.squaredDifference(model.field.apply(t, point), target))
        .map((errors) => tf.sum(tf.reshape(errors, [rows, -1]), 1));
      return tf.mean(tf.add(errorX, tf.div(errorY, model.labelScale ** 2)));
    });
  };
}
