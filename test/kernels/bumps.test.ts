import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { RandomStream } from '../../src/index.js';
import { bumpRoots, bumpRootsOp, bumpsOp, bumpSums, type Bumps } from '../../src/kernels/bumps/op.js';
import { leastSharpness, type BumpAttributes } from '../../src/kernels/bumps/spec.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose, largestError } from '../support/close.js';

const EXPONENTS = [0.5, 1, 1.5, 2];

/** Numbers of `count` bumps over a floor, of mass 1 together, for one point: `weights`, `starts`, `rates`, `sharpness`, `floor`. */
function randomBumps(stream: RandomStream, count: number, { exponent, circular }: BumpAttributes): number[][] {
  const logits = stream.normal(count).map(Math.exp);
  const total = logits.reduce((sum, value) => sum + value, 0);
  const floor = stream.uniform(1, 0.01, 0.3)[0];
  const rates = [...stream.uniform(count, circular ? 0 : -1, 2)].map(Math.exp);
  const range = leastSharpness(exponent);
  return [
    [...logits].map((logit) => ((1 - floor) * logit) / total),
    [...stream.uniform(count, circular ? -1 : -0.5, 1)],
    rates,
    [...stream.uniform(count, range, 4 * range)],
    [floor],
  ];
}

/** Values and slopes in double precision at the points given. */
function inDoubles(points: number[], bumps: number[][], attributes: BumpAttributes): [Float64Array, Float64Array] {
  const n = points.length;
  const repeated = bumps.map((values) => Float64Array.from({ length: n * values.length }, (_, i) => values[i % values.length])); // prettier-ignore
  const [value, slope] = [new Float64Array(n), new Float64Array(n)];
  const [floor] = bumps[4];
  bumpsOp.cpu([Float64Array.from(points), ...repeated.slice(0, 4)], [value, slope], attributes, []);
  return [value.map((entry, i) => entry + floor * points[i]), slope.map((entry) => entry + floor)];
}

/** Tensors of the same numbers for `n` points. */
function tensorsOf([weights, starts, rates, sharpness, floor]: number[][], n: number): Bumps {
  const rows = (values: number[]) => tf.tile(tf.tensor2d([values]), [n, 1]);
  return {
    weights: rows(weights),
    starts: rows(starts),
    rates: rows(rates),
    sharpness: rows(sharpness),
    floor: tf.fill([n], floor[0]),
  };
}

test('values rise from one end to the other by the integral of the slopes, for a thousand sets of bumps', (t) => {
  const [cells, stream] = [1200, new RandomStream('integrals')];
  const points = Array.from({ length: cells + 1 }, (_, i) => i / cells);
  let worst = 0;
  for (let i = 0; i < 1000; i++) {
    const attributes = { exponent: EXPONENTS[i % 4], circular: i % 8 > 3 };
    const [value, slope] = inDoubles(points, randomBumps(stream, 3, attributes), attributes);
    const inner = slope.subarray(1, cells).reduce((sum, entry, k) => sum + (k % 2 === 0 ? 4 : 2) * entry, 0);
    const integral = (slope[0] + slope[cells] + inner) / (3 * cells);
    worst = Math.max(worst, Math.abs(value[cells] - value[0] - integral));
    if (attributes.circular) worst = Math.max(worst, Math.abs(integral - 1));
    t.true(slope.every((entry) => entry > 0));
  }
  t.true(worst < 1e-6, `${worst}`);
});

test('on the circle, the slope and its derivatives are the same on both sides of where it is cut', (t) => {
  const stream = new RandomStream('seam');
  const h = 1e-3;
  for (const exponent of EXPONENTS) {
    const attributes = { exponent, circular: true };
    const bumps = randomBumps(stream, 4, attributes);
    const near = [-3, -2, -1, 0, 1, 2, 3].map((k) => k * h);
    const [valueLow, low] = inDoubles(near, bumps, attributes);
    const [valueHigh, high] = inDoubles(near.map((x) => x + 1), bumps, attributes); // prettier-ignore
    valueHigh.forEach((value, i) => t.true(Math.abs(value - valueLow[i] - 1) < 1e-12));
    const differences = (f: Float64Array): number[] => [
      f[3],
      (f[4] - f[2]) / (2 * h),
      (f[4] - 2 * f[3] + f[2]) / h ** 2,
      (f[5] - 2 * f[4] + 2 * f[2] - f[1]) / (2 * h ** 3),
    ];
    assertClose(t, differences(high), differences(low), 1e-4, `exponent ${exponent}`);
    // Across the cut itself: what rises from the left goes on to the right.
    t.true(Math.abs(valueLow[4] - valueLow[2] - 2 * h * low[3]) < 1e-4);
  }
});

test('bumps have one mode from the least sharpness on, and two below', (t) => {
  t.true(Math.abs(leastSharpness(1) - Math.sqrt(3) / 2) < 1e-15);
  t.true(Math.abs(leastSharpness(2) - Math.sqrt(6) / 8) < 1e-15);
  const points = Array.from({ length: 2001 }, (_, i) => i / 2000);
  const modes = (exponent: number, sharpness: number): number => {
    const [, slope] = inDoubles(points, [[1], [0], [1], [sharpness], [0]], { exponent, circular: false });
    return slope.slice(1, -1).filter((value, i) => value > slope[i] * (1 + 1e-12) && value > slope[i + 2] * (1 + 1e-12)).length; // prettier-ignore
  };
  t.deepEqual([modes(1, 0.9), modes(1, 0.8)], [1, 2]);
  for (const exponent of EXPONENTS) {
    const least = leastSharpness(exponent);
    t.deepEqual([modes(exponent, 1.01 * least), modes(exponent, 0.97 * least)], [1, 2], `exponent ${exponent}`);
  }
});

test('roots in doubles are exact, wherever they lie', (t) => {
  const stream = new RandomStream('roots');
  for (let i = 0; i < 200; i++) {
    const attributes = { exponent: EXPONENTS[i % 4], circular: i % 8 > 3 };
    const bumps = randomBumps(stream, 6, attributes);
    const points = [...stream.uniform(20, attributes.circular ? -3 : 0, attributes.circular ? 3 : 1), 0, 1];
    const [level] = inDoubles(points, bumps, attributes);
    const rows = bumps.map((values) => Float64Array.from({ length: 22 * values.length }, (_, k) => values[k % values.length])); // prettier-ignore
    const root = new Float64Array(22);
    bumpRootsOp.cpu([level, rows[4], ...rows.slice(0, 4)], [root], attributes, []);
    t.true(largestError(root, points) < 1e-11);
  }
});

onEachBackend(test, 'roots in float32 are as good as their function', (t) => {
  const stream = new RandomStream('roots');
  for (const exponent of EXPONENTS) {
    for (const circular of [false, true]) {
      const attributes = { exponent, circular };
      tf.tidy(() => {
        const numbers = randomBumps(stream, 7, attributes);
        numbers[0] = numbers[0].map((weight) => (weight * 0.8) / (1 - numbers[4][0]));
        numbers[4] = [0.2];
        const bumps = tensorsOf(numbers, 300);
        const x = stream.uniformTensor([300]);
        const level = bumpSums(x, bumps, attributes).value;
        assertClose(t, bumpRoots(level, bumps, attributes), x, 2e-6, `exponent ${exponent}`);
      });
    }
  }
});

onEachBackend(test, 'a level beyond the ends gives the end, and one that is not a number none', (t) => {
  tf.tidy(() => {
    const bumps = tensorsOf([[0.5], [0.2], [2], [1], [0.5]], 4);
    const roots = bumpRoots(tf.tensor1d([-1, 2, NaN, 0]), bumps, { exponent: 1, circular: false }).dataSync();
    assertClose(t, [roots[0], roots[1], roots[3]], [0, 1, 0], 1e-6);
    t.true(Number.isNaN(roots[2]));
  });
});

test('gradients in doubles match central differences', (t) => {
  for (const { attributes, inputs } of bumpsOp.samples) {
    const shapes = inputs.map(({ shape }) => shape);
    const values = inputs.map((input) => Float64Array.from(input.values));
    const [rows] = shapes[0];
    const upstream = [0, 1].map((phase) => Float64Array.from({ length: rows }, (_, i) => Math.cos(3 * i + phase)));
    const loss = (at: Float64Array[]) => {
      const outputs = [new Float64Array(rows), new Float64Array(rows)];
      bumpsOp.cpu(at, outputs, attributes, shapes);
      return outputs.reduce((sum, y, o) => sum + y.reduce((part, v, i) => part + v * upstream[o][i], 0), 0);
    };
    const gradients = values.map(({ length }) => new Float64Array(length));
    bumpsOp.gradient!.cpu([...values, ...upstream], gradients, attributes, shapes);
    values.forEach((value, which) => {
      for (const i of new Set([0, Math.floor(value.length / 2), value.length - 1])) {
        const moved = (by: number) => loss(values.with(which, value.with(i, value[i] + by)));
        const slope = (moved(1e-6) - moved(-1e-6)) / 2e-6;
        t.true(Math.abs(gradients[which][i] - slope) < 1e-6 * (1 + Math.abs(slope)), `input ${which}, entry ${i}`);
      }
    });
  }
});

onEachBackend(test, 'second derivatives match differences of the first, and nothing breaks in the dead zones', (t) => {
  tf.tidy(() => {
    const stream = new RandomStream('second');
    for (const attributes of [
      { exponent: 1, circular: false },
      { exponent: 2, circular: true },
    ]) {
      const bumps = tensorsOf(randomBumps(stream, 5, attributes), 9);
      const x = tf.linspace(0, 1, 9);
      const first = (at: Tensor) => tf.grad((point: Tensor) => tf.log(bumpSums(point, bumps, attributes).slope))(at);
      const second = tf.grad(first)(x);
      const h = 1e-3;
      const difference = tf.div(tf.sub(first(tf.add(x, h)), first(tf.sub(x, h))), 2 * h);
      const size = tf.max(tf.abs(difference)).dataSync()[0];
      assertClose(t, tf.div(second, size), tf.div(difference, size), 5e-3);
      const third = tf.grad((at: Tensor) => tf.grad(first)(at))(x);
      t.true(third.dataSync<'float32'>().every(Number.isFinite));
    }
  });
});
