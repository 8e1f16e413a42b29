import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { bumpSums, type Bumps } from '../../src/kernels/bumps/op.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { golden } from '../support/golden.js';

interface Case {
  readonly kind: 'interval' | 'circle';
  readonly power: number;
  readonly M: number;
  readonly mixEps: number;
  readonly weights: number[];
  readonly shift: number[];
  readonly slope: number[];
  readonly mix: number[];
  readonly logAlpha: number[];
  readonly x: number[];
  readonly y: number[];
  readonly logdet: number[];
  readonly dydx: number[];
  readonly d2ydx2: number[];
}

/** Weights of bumps and of the uniform density as the reference mixes them: `y ∝ Σ weights · bump + floor · x`. */
function mixtureOf({ kind, weights, mix, mixEps }: Case): { weights: number[]; floor: number } {
  const logits = weights.map(Math.exp);
  const total = logits.reduce((sum, weight) => sum + weight, 0);
  const shares = mix.map((raw) => mixEps + (1 - mixEps) / (1 + Math.exp(-raw)));
  // On the circle the reference takes the mean over three turns: of a bump a third is inside of the middle one.
  const masses = shares.map((share) => (kind === 'circle' ? share / (share + 3 * (1 - share)) : share));
  const own = masses.map((mass, k) => (mass * logits[k]) / total);
  return { weights: own, floor: 1 - own.reduce((sum, weight) => sum + weight, 0) };
}

function curveOf(example: Case): (x: Tensor) => { value: Tensor; slope: Tensor } {
  const { weights, floor } = mixtureOf(example);
  const bumpsFor = (n: number): Bumps => {
    const rows = (values: number[]) => tf.tile(tf.tensor2d([values]), [n, 1]);
    return {
      weights: rows(weights),
      starts: rows(example.shift),
      rates: rows(example.slope.map(Math.exp)),
      sharpness: rows(example.logAlpha.map(Math.exp)),
      floor: tf.fill([n], floor),
    };
  };
  const attributes = { exponent: example.power, circular: example.kind === 'circle' };
  const ends = bumpSums(tf.tensor1d([0, 1]), bumpsFor(2), attributes).value.dataSync();
  return (x) => {
    const { value, slope } = bumpSums(x, bumpsFor(x.size), attributes);
    return { value: tf.div(tf.sub(value, ends[0]), ends[1] - ends[0]), slope: tf.div(slope, ends[1] - ends[0]) };
  };
}

onEachBackend(test, 'sums of bumps are those of reference values, with two derivatives', (t) => {
  const { cases } = golden<Case>('smooth_mixture');
  t.is(cases.length, 16);
  cases.forEach((example, i) => {
    tf.tidy(() => {
      const curve = curveOf(example);
      const x = tf.tensor1d(example.x);
      const what = `case ${i} (${example.kind})`;
      const { value, slope } = curve(x);
      assertClose(t, value, example.y, 2e-6, `${what}: value`);
      assertClose(t, tf.log(slope), example.logdet, 1e-5, `${what}: log-slope`);
      assertClose(t, tf.grad((at: Tensor) => curve(at).value)(x), example.dydx, 1e-5, `${what}: derivative`);
      assertClose(t, tf.grad((at: Tensor) => curve(at).slope)(x), example.d2ydx2, 1e-4, `${what}: second derivative`);
    });
  });
});
