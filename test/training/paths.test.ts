import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  bridgePath,
  FlowConfigError,
  linearPath,
  logitNormalTimes,
  RandomStream,
  ready,
  targetPath,
  uniformTimes,
  variancePreservingPath,
  type ProbabilityPath,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

const stream = new RandomStream('paths');

interface Case {
  readonly path: ProbabilityPath;
  /** Variance of `x_t` for noise of variance 1 and data of variance `s²`, and the weight of the data in it. */
  readonly weight: (t: number) => number;
  readonly variance: (t: number, s: number) => number;
}

const CASES: Record<string, Case> = {
  linear: { path: linearPath(), weight: (t) => t, variance: (t, s) => (1 - t) ** 2 + (t * s) ** 2 },
  'blurred linear': {
    path: linearPath({ sigma: 0.3 }),
    weight: (t) => t,
    variance: (t, s) => (1 - t) ** 2 + (t * s) ** 2 + 0.09,
  },
  target: { path: targetPath({ sigma: 0.1 }), weight: (t) => t, variance: (t, s) => (1 - 0.9 * t) ** 2 + (t * s) ** 2 },
  'variance preserving': {
    path: variancePreservingPath(),
    weight: (t) => Math.sin((Math.PI * t) / 2),
    variance: (t, s) => Math.cos((Math.PI * t) / 2) ** 2 + (Math.sin((Math.PI * t) / 2) * s) ** 2,
  },
  bridge: {
    path: bridgePath({ sigma: 0.7 }),
    weight: (t) => t,
    variance: (t, s) => (1 - t) ** 2 + (t * s) ** 2 + 0.49 * t * (1 - t),
  },
};

const column = (values: readonly number[]) => tf.tensor2d([...values], [values.length, 1]);
const pair = (rows: number): [Tensor, Tensor] => [stream.normalTensor([rows, 3]), stream.normalTensor([rows, 3])];

for (const [name, { path, weight, variance }] of Object.entries(CASES)) {
  onEachBackend(test, `${name}: the velocity is the derivative of the path, draws held fixed`, (t) => {
    tf.tidy(() => {
      const times = [0.1, 0.25, 0.5, 0.8, 0.9];
      const [x0, x1] = pair(times.length);
      const at = (shift: number) => path(x0, x1, column(times.map((time) => time + shift)), new RandomStream('eps'));
      const h = 4e-3;
      const difference = tf.div(tf.sub(at(h).x, at(-h).x), 2 * h);
      assertClose(t, at(0).velocity, difference, 2e-3);
    });
  });

  test.serial(`${name}: mean and variance between two Gaussians`, async (t) => {
    await ready({ backend: 'wasm' });
    const n = 40_000;
    const [mean, s] = [2, 0.5];
    tf.tidy(() => {
      const x0 = stream.normalTensor([n, 1]);
      const x1 = tf.add(tf.mul(stream.normalTensor([n, 1]), s), mean);
      for (const time of [0, 0.3, 0.7, 1]) {
        const { x } = path(x0, x1, tf.fill([n, 1], time), stream.split(time));
        const moments = tf.moments(x);
        assertClose(t, moments.mean, [weight(time) * mean], 0.03, `mean at ${time}`);
        assertClose(t, moments.variance, [variance(time, s)], 0.03, `variance at ${time}`);
      }
    });
  });
}

test.serial('paths begin at the noise and end at the data', (t) => {
  tf.tidy(() => {
    const [x0, x1] = pair(4);
    for (const path of [linearPath(), targetPath({ sigma: 0 }), variancePreservingPath(), bridgePath({ sigma: 2 })]) {
      assertClose(t, path(x0, x1, tf.zeros([4, 1]), stream).x, x0, 1e-6);
      assertClose(t, path(x0, x1, tf.ones([4, 1]), stream).x, x1, 1e-6);
    }
    const blurred = targetPath({ sigma: 0.2 })(x0, x1, tf.ones([4, 1]), stream).x;
    assertClose(t, blurred, tf.add(x1, tf.mul(x0, 0.2)), 1e-6);
  });
});

test.serial('velocities are the published ones', (t) => {
  tf.tidy(() => {
    const [x0, x1] = pair(3);
    const time = column([0.2, 0.5, 0.9]);
    const lipman = targetPath({ sigma: 0.1 })(x0, x1, time, stream);
    const rest = tf.sub(1, tf.mul(time, 0.9));
    assertClose(t, lipman.velocity, tf.div(tf.sub(x1, tf.mul(lipman.x, 0.9)), rest), 1e-5);
    const bridge = bridgePath({ sigma: 0.5 })(x0, x1, time, stream);
    const drift = tf.sub(x1, x0);
    const blur = tf.sub(bridge.x, tf.add(x0, tf.mul(time, drift)));
    const factor = column([0.2, 0.5, 0.9].map((s) => (1 - 2 * s) / (2 * s * (1 - s))));
    assertClose(t, bridge.velocity, tf.add(tf.mul(factor, blur), drift), 1e-5);
  });
});

test.serial('a bridge has a finite velocity at its ends', (t) => {
  tf.tidy(() => {
    const [x0, x1] = pair(4);
    const time = column([0, 1, 1e-12, 1 - 2 ** -24]);
    const { velocity } = bridgePath({ sigma: 1 })(x0, x1, time, stream);
    t.true(velocity.dataSync().every((v) => Number.isFinite(v)));
  });
});

test.serial('times lie in [0, 1] and follow their law', (t) => {
  const spread = [...uniformTimes()(20_000, stream)];
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  t.true(spread.every((time) => time >= 0 && time <= 1));
  assertClose(t, [mean(spread), mean(spread.map((time) => time ** 2))], [1 / 2, 1 / 3], 0.01);
  const middle = [...logitNormalTimes({ mean: 0.5, scale: 0.8 })(20_000, stream)];
  t.true(middle.every((time) => time >= 0 && time <= 1));
  const logits = middle.map((time) => Math.log(time / (1 - time)));
  assertClose(t, [mean(logits), mean(logits.map((z) => (z - 0.5) ** 2))], [0.5, 0.64], 0.03);
});

const BAD: [title: string, call: () => unknown, message: RegExp][] = [
  [
    'a negative blur',
    () => linearPath({ sigma: -0.1 }),
    /^linearPath.sigma: expected zero or a positive number, got -0.1/,
  ],
  ['a blur that is no number', () => linearPath({ sigma: NaN }), /^linearPath.sigma/],
  ['a blur that is a word', () => linearPath({ sigma: '1' as unknown as number }), /^linearPath.sigma/],
  [
    'a target of negative width',
    () => targetPath({ sigma: -1 }),
    /^targetPath.sigma: expected a number in \[0, 1\), got -1/,
  ],
  ['a target as wide as the noise', () => targetPath({ sigma: 1 }), /^targetPath.sigma/],
  [
    'a bridge without diffusion',
    () => bridgePath({ sigma: 0 }),
    /^bridgePath.sigma: expected a positive number, got 0/,
  ],
  ['an infinite diffusion', () => bridgePath({ sigma: Infinity }), /^bridgePath.sigma/],
  ['times about nowhere', () => logitNormalTimes({ mean: NaN }), /^logitNormalTimes.mean: expected a finite number/],
  ['times of no spread', () => logitNormalTimes({ scale: 0 }), /^logitNormalTimes.scale: expected a positive number/],
];
for (const [title, call, message] of BAD) {
  test.serial(`refuses ${title}`, (t) => {
    t.throws(call, { instanceOf: FlowConfigError, message });
  });
}
