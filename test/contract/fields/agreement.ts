import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { ensureClose } from '../check.js';
import { largestOf, read } from '../numerics.js';
import { onCpu } from '../on-cpu.js';
import { parameterGradients } from '../parameters.js';
import { lossOf } from './gradients.js';
import type { Subject } from './subject.js';

/** Velocities, rates and all gradients beside those of the cpu backend, for which tests in Node show them to be right. */
export async function agreesWithCpu(subject: Subject): Promise<void> {
  subject.perturb();
  const here = await evaluate(subject);
  const there = await onCpu(() => evaluate(subject));
  for (const [name, expected] of there) {
    const allowed = (name.startsWith('gradient') ? 5e-3 : 1e-3) * (1 + largestOf(expected));
    ensureClose(name, here.get(name) ?? [], expected, () => allowed);
  }
}

async function evaluate(subject: Subject): Promise<Map<string, Float32Array>> {
  // As the check of extremes has: a GPU compiles its programs for each shape.
  const rows = 2;
  const [t, z, context] = [subject.times(rows), subject.normal('z', [rows, subject.dims]), subject.context(rows)];
  const weights = subject.normal('weights', [rows, subject.dims]);
  const found = new Map<string, Float32Array>();
  const terms = tf.tidy(() => subject.field.rates(t, z, context, null, subject.rates));
  for (const [k, term] of terms.entries()) found.set(['velocity', ...subject.rates][k], await read(term));
  const slopes = tf.tidy(() => tf.grads((time: Tensor, points: Tensor) => lossOf(subject, time, points, context, weights))([t, z])); // prettier-ignore
  for (const [k, slope] of slopes.entries()) found.set(`gradient of ${k === 0 ? 't' : 'z'}`, await read(slope));
  const byPath = await parameterGradients(subject.trainable, () => lossOf(subject, t, z, context, weights));
  for (const [path, slope] of byPath) found.set(`gradient of ${path}`, slope);
  return found;
}
