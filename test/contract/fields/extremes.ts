import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { ensure } from '../check.js';
import { read } from '../numerics.js';
import { parameterGradients } from '../parameters.js';
import { lossOf } from './gradients.js';
import type { Subject } from './subject.js';

export async function staysFinite(subject: Subject): Promise<void> {
  const { dims } = subject;
  subject.perturb();
  for (const point of [0, 1, -1, 100, -1e4]) {
    // All coordinates alike, where points of a cloud meet; and one far from the others.
    const rows = [Array<number>(dims).fill(point), [...subject.stream.split('z').normal(dims)].with(0, point)];
    const z = subject.tensor(rows.flat(), [2, dims]);
    const [t, context, weights] = [subject.times(2), subject.context(2), subject.normal('weights', [2, dims])];
    const values = tf.tidy(() => subject.field.rates(t, z, context, null, subject.rates));
    for (const value of values) ensure((await read(value)).every(Number.isFinite), `a value at ${point} is not finite`);
    const slopes = tf.tidy(() => tf.grad((at: Tensor) => lossOf(subject, t, at, context, weights))(z));
    ensure((await read(slopes)).every(Number.isFinite), `the gradient at ${point} is not finite`);
    for (const [path, gradient] of await parameterGradients(subject.trainable, () =>
      lossOf(subject, t, z, context, weights),
    )) {
      ensure(gradient.every(Number.isFinite), `the gradient of ${path} at ${point} is not finite`);
    }
  }
}
