import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { CircularBumpMixture, FlowConfigError, RandomStream } from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

const MAP = new CircularBumpMixture({ components: 6 });
const TURN = 2 * Math.PI;

/** One row of parameters near the start, the same for all of `n` points. */
function parameters(n: number, seed: string, scale = 1): Tensor {
  const noise = new RandomStream(seed).normal(MAP.parameterCount);
  const row = MAP.identityParameters().map((value, i) => value + scale * noise[i]);
  return tf.tile(tf.tensor2d([row]), [n, 1]);
}

/** Cosines and sines, which know nothing of where a circle is cut. */
const onCircle = (angle: Tensor) => tf.stack([tf.cos(angle), tf.sin(angle)]);

onEachBackend(test, 'angles count modulo a turn, both ways', (t) => {
  tf.tidy(() => {
    const x = tf.tensor1d([-3.1, -1, 0.5, 2, 3.1]);
    const raw = parameters(5, 'turns');
    for (const direction of ['forward', 'inverse'] as const) {
      const here = MAP[direction](x, raw);
      for (const turns of [-2, 1]) {
        const there = MAP[direction](tf.add(x, turns * TURN), raw);
        assertClose(t, onCircle(there.value), onCircle(here.value), 2e-5, `${direction}: values`);
        assertClose(t, there.logDet, here.logDet, 1e-4, `${direction}: log-slopes`);
      }
      t.true(here.value.dataSync<'float32'>().every((angle) => Math.abs(angle) <= Math.fround(Math.PI)));
    }
  });
});

onEachBackend(test, 'the density has no seam, nor have its first derivatives', (t) => {
  tf.tidy(() => {
    for (const seed of ['a', 'b', 'c']) {
      const derivatives: ((x: Tensor) => Tensor)[] = [(x) => MAP.inverse(x, parameters(2, seed)).logDet];
      for (let order = 1; order <= 3; order++) derivatives.push((x) => tf.grad(derivatives[order - 1])(x));
      derivatives.forEach((of, order) => {
        const [left, right] = of(tf.tensor1d([-Math.PI, Math.PI])).dataSync();
        assertClose(t, [left], [right], 1e-4 * 10 ** order, `order ${order}`);
      });
    }
  });
});

onEachBackend(test, 'the density integrates to one, and a phase turns it', (t) => {
  tf.tidy(() => {
    const cells = 1500;
    const x = tf.tensor1d(Array.from({ length: cells }, (_, i) => ((i + 0.5) / cells - 0.5) * TURN));
    const raw = parameters(cells, 'mass');
    const { value, logDet } = MAP.inverse(x, raw);
    const mass = tf.mean(tf.exp(logDet)).dataSync()[0];
    t.true(Math.abs(mass - 1) < 1e-5, `${mass}`);
    const phase = tf.concat([tf.zeros([cells, MAP.parameterCount - 1]), tf.fill([cells, 1], 0.7)], 1);
    const turned = MAP.inverse(x, tf.add(raw, phase));
    assertClose(t, onCircle(turned.value), onCircle(tf.add(value, 0.7)), 1e-5);
    assertClose(t, turned.logDet, logDet, 1e-6);
  });
});

onEachBackend(test, 'the numeric direction has the derivatives of an inverse, twice', (t) => {
  tf.tidy(() => {
    const x = tf.tensor1d([-3, -1.2, 0.6, 3.1]);
    const raw = parameters(4, 'derivatives', 0.5);
    /** `x` again, and zero: whatever is differentiated twice through both directions has to vanish. */
    const there = (at: Tensor, r: Tensor) => {
      const inverse = MAP.inverse(at, r);
      const forward = MAP.forward(inverse.value, r);
      return tf.sum(tf.add(tf.mul(forward.value, tf.tensor1d([1, 2, 3, 4])), tf.add(inverse.logDet, forward.logDet)));
    };
    const [byPoint, byRaw] = tf.grads(there)([x, raw]);
    assertClose(t, byPoint, [1, 2, 3, 4], 1e-4, 'by x');
    assertClose(t, byRaw, new Float32Array(raw.size), 1e-4, 'by the parameters');
    const direction = new RandomStream('direction').normalTensor(raw.shape);
    const slope = (at: Tensor, r: Tensor) => {
      const [first, second] = tf.grads(there)([at, r]);
      return tf.add(tf.sum(tf.mul(second, direction)), tf.sum(first));
    };
    const [twice, mixed] = tf.grads(slope)([x, raw]);
    assertClose(t, twice, new Float32Array(4), 5e-3, 'by x twice');
    assertClose(t, mixed, new Float32Array(raw.size), 5e-3, 'by the parameters twice');
  });
});

test('impossible options are refused', (t) => {
  t.throws(() => new CircularBumpMixture({ components: 1.5 }), {
    instanceOf: FlowConfigError,
    message: 'CircularBumpMixture: expected components: a whole number, at least 1, got 1.5.',
  });
  t.throws(() => new CircularBumpMixture({ minWidth: 1 }), {
    instanceOf: FlowConfigError,
    message: 'CircularBumpMixture: expected minWidth between 0 and 0.5, got 1.',
  });
});
