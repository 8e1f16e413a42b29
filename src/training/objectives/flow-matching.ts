import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../../errors.js';
import { offTape } from '../../kernels/stop-gradient/off-tape.js';
import { continuousPart } from '../continuous-part.js';
import type { BatchCoupling } from '../couplings/batch-coupling.js';
import { independent } from '../couplings/independent.js';
import { linearPath } from '../paths/linear-path.js';
import type { ProbabilityPath } from '../paths/path.js';
import { uniformTimes, type TimeSampler } from '../paths/times.js';
import type { Objective } from './objective.js';

/** Options of {@link flowMatching}. */
export interface FlowMatchingOptions {
  /** How noise moves to data. Default: {@link linearPath}, straight lines. */
  readonly path?: ProbabilityPath;
  /** Which noise goes with which data. Default: {@link independent}. */
  readonly coupling?: BatchCoupling;
  /** At which times. Default: {@link uniformTimes}. */
  readonly times?: TimeSampler;
}

/**
 * Flow matching: trains the vector field of a continuous flow to be the mean velocity of paths from noise to data, with no
 * differential equation solved on the way. `⟨|v(t, x_t) − u|²⟩`, summed over the coordinates, with `x_t` and `u` from a
 * path between a draw of the base and a datum (Lipman et al., "Flow matching for generative modeling", 2023).
 *
 * The flow is trained for draws; its density is that of the field it has learned, found by solving as ever. Bijectors
 * between the continuous one and the data, or the base, are passed through but not trained. With times `[a, b]` of the
 * field in place of [0, 1], path time `t` is `a + (b − a) t` there, and velocities are divided by `b − a`.
 *
 * @throws FlowConfigError for an option of another kind; when called, for a model that is not a flow with one continuous
 * bijector.
 *
 * @example
 * const flow = new Flow({ base: Normal.standard([2]), bijector: new ContinuousBijector({ field }) });
 * await fit(flow, rows, { objective: flowMatching({ coupling: optimalTransport() }) });
 */
export function flowMatching(options: FlowMatchingOptions = {}): Objective {
  const { path = linearPath(), coupling = independent(), times = uniformTimes() } = options;
  const where = 'flowMatching';
  for (const [name, value] of Object.entries({ path, coupling, times })) {
    if (typeof value === 'function') continue;
    throw new FlowConfigError(`${where}.${name}`, { expected: `a function, such as ${EXAMPLES[name]}`, got: String(value) }); // prettier-ignore
  }
  return (model, { x, context: given }, stream) =>
    tf.tidy(() => {
      const { field, span, embed, drawStart, pullBack } = continuousPart(model, where);
      const context = embed(given);
      const [base, data] = span;
      const rows = x.shape[0];
      const [time, point, target] = offTape((): [Tensor, Tensor, Tensor] => {
        const x1 = asRows(pullBack(x, context));
        const noise = asRows(drawStart(rows, stream.split('noise'), context));
        const partners = coupling(noise, x1, stream.split('coupling'));
        const x0 = partners ? tf.gather(noise, tf.tensor1d(partners, 'int32')) : noise;
        const t = tf.tensor2d(times(rows, stream.split('times')), [rows, 1], 'float32');
        const { x: xt, velocity } = path(x0, x1, t, stream.split('path'));
        return [
          tf.add(tf.mul(t, data - base), base),
          tf.reshape(xt, [rows, ...field.eventShape]),
          tf.div(velocity, data - base),
        ];
      });
      const velocity = asRows(field.apply(time, point, field.contextShape && context));
      return tf.mean(tf.sum(tf.square(tf.sub(velocity, target)), 1));
    });
}

const EXAMPLES: Readonly<Record<string, string>> = {
  path: 'linearPath()',
  coupling: 'optimalTransport()',
  times: 'uniformTimes()',
};

/** `[batch, ...event]` as `[batch, dims]`. */
function asRows(x: Tensor): Tensor {
  return x.rank === 2 ? x : tf.reshape(x, [x.shape[0], -1]);
}
