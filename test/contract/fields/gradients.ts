import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { ensure } from '../check.js';
import { derivativeMismatch, oneByOne, read } from '../numerics.js';
import { ensureParameterGradients, parameterGradients } from '../parameters.js';
import type { Subject } from './subject.js';

export async function matchesDifferences(subject: Subject): Promise<void> {
  const { dims } = subject;
  const rows = 3;
  subject.perturb();
  const context = subject.context(rows);
  const weights = subject.normal('weights', [rows, dims]);
  const start = {
    t: Float32Array.from(subject.stream.split('times').uniform(rows)),
    z: subject.stream.split('z').normal(rows * dims),
  };
  const loss = async (t: ArrayLike<number>, z: ArrayLike<number>) => {
    const value = tf.tidy(() => {
      const [times, points] = [tf.tensor(Float32Array.from(t), [rows, 1]), tf.tensor(Float32Array.from(z), [rows, dims])]; // prettier-ignore
      return lossOf(subject, times, points, context, weights);
    });
    return (await read(value))[0];
  };
  const [t, z] = [subject.tensor(start.t, [rows, 1]), subject.tensor(start.z, [rows, dims])];
  const byInput = tf.tidy(() =>
    tf.grads((time: Tensor, points: Tensor) => lossOf(subject, time, points, context, weights))([t, z]),
  );
  const pick = subject.stream.split('pick');
  for (const [name, gradient] of [
    ['t', byInput[0]],
    ['z', byInput[1]],
  ] as const) {
    const slopes = await read(gradient);
    for (let draw = 0; draw < 3; draw++) {
      const i = pick.nextInteger(start[name].length);
      const shifted = (at: number) => {
        const moved = { ...start, [name]: start[name].map((value, j) => (j === i ? at : value)) };
        return loss(moved.t, moved.z);
      };
      const mismatch = await derivativeMismatch(slopes[i], start[name][i], 1, oneByOne(shifted), 5e-3);
      ensure(mismatch === null, `${name}[${i}]: ${mismatch}`);
    }
  }
  const byPath = await parameterGradients(subject.trainable, () => lossOf(subject, t, z, context, weights));
  await ensureParameterGradients('', subject.trainable, byPath, () => loss(start.t, start.z), pick);
}

export async function reachesParameters(subject: Subject): Promise<void> {
  const { field, dims } = subject;
  const rows = 8;
  subject.perturb();
  const [t, z, context] = [subject.times(rows), subject.normal('z', [rows, dims]), subject.context(rows)];
  const ways: Record<string, () => Tensor> = {
    velocity: () => tf.square(subject.velocity(t, z, context)),
    divergence: () => tf.square(field.rates(t, z, context, null, ['divergence'])[1]),
  };
  const reached: Record<string, Set<string>> = {};
  for (const [way, compute] of Object.entries(ways)) {
    reached[way] = new Set();
    for (const [path, gradient] of await parameterGradients(subject.trainable, () => tf.sum(compute()))) {
      ensure(gradient.every(Number.isFinite), `the gradient of ${path} through the ${way} is not finite`);
      if (gradient.some((entry) => entry !== 0)) reached[way].add(path);
    }
  }
  const missed = subject.trainable.filter(({ path }) => !reached.velocity.has(path)).map(({ path }) => path);
  ensure(missed.length === 0, `no gradient through the velocity reaches ${missed.join(', ')}`);
  // Shifts of the last layer move all points alike, and others may be all there is.
  ensure(reached.divergence.size > 0, 'no gradient through the divergence reaches any parameter');
}

/** `Σ weight · f + Σ rates`, of which gradients are taken. */
export function lossOf(subject: Subject, t: Tensor, z: Tensor, context: Tensor | null, weights: Tensor): tf.Scalar {
  const [velocity, ...rates] = subject.field.rates(t, z, context, null, subject.rates);
  return rates.reduce<Tensor>((sum, rate) => tf.add(sum, tf.sum(rate)), tf.sum(tf.mul(velocity, weights))) as tf.Scalar;
}
