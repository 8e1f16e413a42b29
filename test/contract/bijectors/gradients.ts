import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ValueAndLogDet } from '../../../src/bijectors/bijector.js';
import { sizeOf } from '../../../src/shapes.js';
import { ensure, ensureClose } from '../check.js';
import { unitAt } from '../draws.js';
import { derivativeMismatch, read } from '../numerics.js';
import { ensureParameterGradients, parameterGradients } from '../parameters.js';
import { DIRECTIONS, type Direction, type Subject } from './subject.js';

export async function matchesDifferences(subject: Subject): Promise<void> {
  const batch = 4;
  subject.perturb(0.3);
  if (subject.isConstrained) await matchesItsInverse(subject, batch);
  for (const direction of subject.isConstrained ? (['forward'] as const) : DIRECTIONS) {
    const start = subject.draw(direction, batch, 'differences');
    const weights = subject.stream.split('weights').normal(batch * sizeOf(subject.shapeAfter(direction)));
    // Of several batches, one after the other.
    const losses = async (rows: ArrayLike<number>) => {
      const { value, logDet } = await subject.apply(direction, rows);
      return Array.from({ length: rows.length / start.length }, (_, k) => {
        const own = value.subarray(k * weights.length, (k + 1) * weights.length);
        return sumProducts(own, weights) + sum(logDet.subarray(k * batch, (k + 1) * batch));
      });
    };
    const { byInput, byPath } = await gradients(subject, direction, start, weights);
    const pick = subject.stream.split(`pick ${direction}`);
    for (const i of new Set(Array.from({ length: 6 }, () => pick.nextInteger(start.length)))) {
      const shifted = (points: readonly number[]) => losses(points.flatMap((at) => [...start.with(i, at)]));
      const unit = unitAt(start[i], subject.domain(direction));
      const mismatch = await derivativeMismatch(byInput[i], start[i], unit, shifted, 5e-3);
      ensure(mismatch === null, `${direction}, input ${i}: ${mismatch}`);
    }
    const loss = async () => (await losses(start))[0];
    await ensureParameterGradients(`${direction}, `, subject.trainable, byPath, loss, pick);
  }
}

/** Through forward and inverse, of which the value is what went in, so that only log-determinants vary. */
async function matchesItsInverse({ bijector, stream }: Subject, batch: number): Promise<void> {
  const width = sizeOf(bijector.eventShapeIn);
  const weights = stream.split('weights').normal(batch * width);
  const [there, back] = tf.tidy(() => {
    const x = tf.tensor(stream.split('through').normal(batch * width), [batch, width], 'float32');
    const gradient = (f: (at: Tensor) => Tensor) => tf.grad(f)(x);
    const through = gradient((at) =>
      lossOf(bijector.inverseAndLogDet(bijector.forward(at)), tf.tensor(weights, x.shape)),
    );
    return [gradient((at) => tf.sum(bijector.forwardAndLogDet(at)[1])), through];
  });
  const [byLogDet, byBoth] = [await read(there), await read(back)];
  const expected = byLogDet.map((entry, i) => weights[i] - entry);
  ensureClose('gradient through forward and inverse', byBoth, expected, (entry) => 5e-3 * (1 + Math.abs(entry)));
}

export async function reachesParameters(subject: Subject): Promise<void> {
  const batch = 16;
  subject.perturb(0.3);
  const reached = new Set<string>();
  for (const direction of DIRECTIONS) {
    const start = subject.draw(direction, batch, 'reach');
    const weights = subject.stream.split('weights').normal(batch * sizeOf(subject.shapeAfter(direction)));
    const { byPath } = await gradients(subject, direction, start, weights);
    for (const [path, gradient] of byPath) {
      ensure(gradient.every(Number.isFinite), `${direction}: the gradient of ${path} is not finite`);
      if (gradient.some((entry) => entry !== 0)) reached.add(path);
    }
  }
  const missed = subject.trainable.filter(({ path }) => !reached.has(path)).map(({ path }) => path);
  ensure(missed.length === 0, `no gradient reaches ${missed.join(', ')}`);
}

/** Gradients of {@link lossOf} with respect to the input and every trainable parameter that is reached. */
export async function gradients(
  subject: Subject,
  direction: Direction,
  start: ArrayLike<number>,
  weights: Float32Array,
): Promise<{ byInput: Float32Array; byPath: Map<string, Float32Array> }> {
  const batch = start.length / sizeOf(subject.shapeBefore(direction));
  const input = subject.tensor(direction, start);
  const factor = tf.tensor(weights, [batch, ...subject.shapeAfter(direction)], 'float32');
  const byInput = await read(tf.tidy(() => tf.grad((x: Tensor) => lossOf(subject.map(direction, x), factor))(input)));
  const loss = () => lossOf(subject.map(direction, input), factor);
  const byPath = await parameterGradients(subject.trainable, loss);
  tf.dispose([input, factor]);
  return { byInput, byPath };
}

/** The scalar that gradients are taken of: `Σ weight · value + Σ logDet`. */
function lossOf([value, logDet]: ValueAndLogDet, weights: Tensor): tf.Scalar {
  return tf.add(tf.sum(tf.mul(value, weights)), tf.sum(logDet)) as tf.Scalar;
}

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}

function sumProducts(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}
