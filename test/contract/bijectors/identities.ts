import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { sizeOf } from '../../../src/shapes.js';
import { ensureClose } from '../check.js';
import { largestGap, nudge } from '../draws.js';
import { logAbsDet, read } from '../numerics.js';
import { tangents } from '../spheres.js';
import { DIRECTIONS, opposite, type Direction, type Subject } from './subject.js';

export async function undoesItself(subject: Subject): Promise<void> {
  for (const scale of [0, 0.3, 1]) {
    // Perturbations add up; the last is of unit size.
    if (scale > 0) subject.perturb(scale);
    for (const direction of DIRECTIONS) {
      const start = subject.draw(direction, 16, `round trip ${scale}`);
      const image = await subject.apply(direction, start);
      const back = await subject.apply(opposite(direction), image.value);
      const nearby = nudge(image.value, subject.domain(opposite(direction)), subject.stream.split('nudge'));
      const nudged = subject.place(opposite(direction), nearby);
      const moved = await subject.apply(opposite(direction), nudged);
      // A map that stretches also stretches the rounding error of its input; that much cannot be asked for.
      const slack = 10 * largestGap(back.value, moved.value);
      const slackLogDet = 10 * largestGap(back.logDet, moved.logDet);
      const what = `${direction} and back at scale ${scale}`;
      ensureClose(what, back.value, start, (expected) => 3e-4 * (1 + Math.abs(expected)) + slack);
      const negated = image.logDet.map((value) => -value);
      ensureClose(`log-det of ${what}`, back.logDet, negated, (v) => 1e-3 * (1 + Math.abs(v)) + slackLogDet);
    }
  }
}

export async function matchesJacobian(subject: Subject): Promise<void> {
  const batch = 3;
  subject.perturb(0.3);
  if (subject.isConstrained) return matchesFreeJacobian(subject, batch);
  for (const direction of DIRECTIONS) {
    const start = subject.draw(direction, batch);
    const { logDet } = await subject.apply(direction, start);
    const expected = await logDetByAutodiff(subject, direction, start);
    ensureClose(`log-det of ${direction}`, logDet, expected, (value) => 2e-3 * (1 + Math.abs(value)));
  }
}

/** Forward, by the numbers that are free; the inverse has its negative. */
async function matchesFreeJacobian(subject: Subject, batch: number): Promise<void> {
  const start = subject.draw('forward', batch);
  const { value, logDet } = await subject.apply('forward', start);
  const expected = await logDetByAutodiff(subject, 'forward', start);
  const tolerance = (entry: number) => 2e-3 * (1 + Math.abs(entry));
  ensureClose('log-det of forward', logDet, expected, tolerance);
  const back = await subject.apply('inverse', value);
  ensureClose('log-det of inverse', back.logDet, expected.map((entry) => -entry), tolerance); // prettier-ignore
}

/** `log |det J|` of each row, from the dense Jacobian by one vector-Jacobian product an output. */
async function logDetByAutodiff(subject: Subject, direction: Direction, start: Float32Array): Promise<number[]> {
  const before = sizeOf(subject.shapeBefore(direction));
  const after = sizeOf(subject.shapeAfter(direction));
  const batch = start.length / before;
  const input = subject.tensor(direction, start);
  const jacobians = Array.from({ length: batch }, () => [] as Float32Array[]);
  for (const output of subject.freeAfter(direction)) {
    const seed = Float32Array.from({ length: after }, (_, i) => (i === output ? 1 : 0));
    const row = tf.tidy(() => {
      const select = tf.tensor(seed, [...subject.shapeAfter(direction)], 'float32');
      return tf.grad((x: Tensor) => tf.sum(tf.mul(subject.map(direction, x)[0], select)))(input);
    });
    const values = await read(row);
    jacobians.forEach((rows, b) => rows.push(values.slice(b * before, (b + 1) * before)));
  }
  input.dispose();
  const { value } = await subject.apply(direction, start);
  return jacobians.map((jacobian, b) => {
    const from = start.slice(b * before, (b + 1) * before);
    const to = value.slice(b * after, (b + 1) * after);
    return logAbsDet(onTangents(subject, direction, jacobian, from, to));
  });
}

/** A Jacobian in terms of directions in which the points can move. */
function onTangents(
  subject: Subject,
  direction: Direction,
  jacobian: readonly Float32Array[],
  from: Float32Array,
  to: Float32Array,
): Float32Array[] {
  const basis = (side: Direction, point: Float32Array) =>
    tangents(point, subject.shapeBefore(side).at(-1) ?? 1, subject.unitVectors(side));
  const starts = basis(direction, from);
  return basis(opposite(direction), to).map((end) => {
    const row = jacobian[0].map((_, j) => end.reduce((sum, value, i) => sum + value * jacobian[i][j], 0));
    return Float32Array.from(starts, (start) => start.reduce((sum, value, j) => sum + value * row[j], 0));
  });
}
