import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  CircularRationalQuadraticSpline,
  CircularShift,
  FlowConfigError,
  FlowNumericsError,
  Moebius,
  RandomStream,
  wrapAngle,
  type ElementwiseTransform,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { golden } from '../support/golden.js';

const TURN = 2 * Math.PI;

/** Angles moved by whole turns to where they are nearest to others. */
function near(angles: Tensor, others: ArrayLike<number>): number[] {
  return Array.from(angles.dataSync(), (angle, i) => angle - TURN * Math.round((angle - others[i]) / TURN));
}

/** The raw numbers of one Möbius map with centre `w`, no phase. */
function rawCentre(w: readonly number[], maxRadius: number): number[] {
  const share = Math.hypot(...w) / maxRadius;
  return [...w.map((entry) => entry / maxRadius / Math.sqrt(1 - share ** 2)), 0];
}

const FAMILIES: Record<string, () => ElementwiseTransform> = {
  spline: () => new CircularRationalQuadraticSpline({ bins: 6 }),
  'one Möbius map': () => new Moebius({ components: 1 }),
  'a mixture of Möbius maps': () => new Moebius({ components: 5 }),
  shift: () => new CircularShift(),
};

/** One set of raw parameters away from the identity, for `count` points. */
function rawOf(transform: ElementwiseTransform, count: number, seed = 'raw'): Tensor {
  const noise = new RandomStream(seed).normal(transform.parameterCount);
  const own = transform.identityParameters().map((value, i) => value + 0.5 * noise[i]);
  return tf.tile(tf.tensor2d(own, [1, own.length]), [count, 1]);
}

onEachBackend(test, 'angles are wrapped into [-π, π], with slope 1', (t) => {
  tf.tidy(() => {
    const angles = [0, 3, -3, 3.2, -3.2, 9.5, 100, -1000];
    const wrapped = wrapAngle(tf.tensor1d(angles));
    assertClose(t, near(wrapped, angles), angles, 1e-6);
    t.true(wrapped.dataSync().every((angle) => Math.abs(angle) <= Math.fround(Math.PI)));
    const [slope, curvature] = [tf.grad(wrapAngle), tf.grad((x: Tensor) => tf.square(wrapAngle(x)))];
    assertClose(t, slope(tf.tensor1d(angles)), angles.map(() => 1), 0); // prettier-ignore
    assertClose(t, curvature(tf.tensor1d([0.5, 0.5 + TURN])), [1, 1], 1e-5);
  });
});

onEachBackend(test, 'a Möbius map agrees with reference values both ways', (t) => {
  const cases = golden<{ D: number; q: number[]; x: number[][]; y: number[][]; logdet: number[] }>('moebius').cases;
  for (const { D, q, x, y, logdet } of cases) {
    if (D !== 2) continue;
    const transform = new Moebius({ components: 1, maxRadius: 0.9 });
    tf.tidy(() => {
      const angles = (points: number[][]) => points.map(([cos, sin]) => Math.atan2(sin, cos));
      const raw = tf.tile(tf.tensor2d([rawCentre(q, 0.9)]), [x.length, 1]);
      const forward = transform.inverse(tf.tensor1d(angles(x)), raw);
      assertClose(t, near(forward.value, angles(y)), angles(y), 1e-5, 'value');
      assertClose(t, forward.logDet, logdet, 1e-5, 'log-det');
      const back = transform.forward(tf.tensor1d(angles(y)), raw);
      assertClose(t, near(back.value, angles(x)), angles(x), 1e-5, 'inverse');
      assertClose(t, back.logDet, logdet.map((l) => -l), 1e-5, 'inverse log-det'); // prettier-ignore
    });
  }
});

onEachBackend(test, 'circular splines agree with reference values, turned by their phase', (t) => {
  interface Case {
    readonly K: number;
    readonly widths: number[][];
    readonly heights: number[][];
    readonly derivatives: number[][];
    readonly x: number[];
    readonly y: number[];
    readonly logdet: number[];
  }
  for (const { K, widths, heights, derivatives, x, y, logdet } of golden<Case>('rqs_circular').cases) {
    const transform = new CircularRationalQuadraticSpline({ bins: K });
    tf.tidy(() => {
      for (const phase of [0, 1.7]) {
        const raw = tf.concat([tf.tensor2d(widths), tf.tensor2d(heights), tf.tensor2d(derivatives), tf.fill([x.length, 1], phase)], 1); // prettier-ignore
        const turned = x.map((angle) => angle + phase);
        const forward = transform.inverse(tf.tensor1d(turned), raw);
        // A turn costs digits: those of 1.7 + x, times the slope.
        assertClose(t, near(forward.value, y), y, phase === 0 ? 1e-5 : 1e-3, 'value');
        assertClose(t, forward.logDet, logdet, phase === 0 ? 1e-4 : 1e-3, 'log-det');
        const back = transform.forward(tf.tensor1d(y), raw);
        assertClose(t, near(back.value, turned), turned, 2e-4, 'inverse');
      }
    });
  }
});

onEachBackend(test, 'the mean of a Möbius map of uniform angles is minus its centre', (t) => {
  tf.tidy(() => {
    const w = [0.5, -0.3];
    const angles = Array.from({ length: 512 }, (_, i) => (TURN * i) / 512);
    const raw = tf.tile(tf.tensor2d([rawCentre(w, 0.95)]), [512, 1]);
    const { value } = new Moebius({ components: 1 }).inverse(tf.tensor1d(angles), raw);
    assertClose(t, [tf.cos(value), tf.sin(value)].map((part) => tf.mean(part).dataSync()[0]), w.map((e) => -e), 1e-5); // prettier-ignore
  });
});

for (const [name, make] of Object.entries(FAMILIES)) {
  onEachBackend(test, `${name}: value and slope go on across the seam, angles are read modulo 2π, the slope means 1`, (t) => {
    const transform = make();
    tf.tidy(() => {
      for (const direction of ['forward', 'inverse'] as const) {
        const step = 1e-4;
        const at = (angles: number[]) =>
          transform[direction](tf.tensor1d(angles), rawOf(transform, angles.length, direction));
        const [below, above] = [at([Math.PI - step]), at([-Math.PI + step])];
        // As far apart as the steepest slope allows, and one way round.
        const gap = near(above.value, below.value.dataSync())[0] - below.value.dataSync()[0];
        const slope = Math.exp(below.logDet.dataSync()[0]);
        t.true(Math.abs(gap - 2 * step * slope) < 0.02 * step * slope + 2e-6, `${direction}: ${gap} for slope ${slope}`);
        assertClose(t, above.logDet, below.logDet, 5e-3 * (1 + slope), `${direction}: log-slope`);

        const angles = Array.from(new RandomStream('angles').uniform(32, -3, 3));
        const [here, turned] = [at(angles), at(angles.map((angle) => angle + 2 * TURN))];
        assertClose(t, near(turned.value, here.value.dataSync()), here.value, 1e-4, `${direction}: two turns further`);
        t.true(here.value.dataSync().every((angle) => Math.abs(angle) <= Math.fround(Math.PI)));

        const grid = Array.from({ length: 1024 }, (_, i) => -Math.PI + (TURN * (i + 0.5)) / 1024);
        const mean = tf.mean(tf.exp(at(grid).logDet)).dataSync()[0];
        t.true(Math.abs(mean - 1) < 1e-3, `${direction}: mean slope ${mean}`);
      }
    });
  }); // prettier-ignore
}

onEachBackend(test, 'second derivatives of a Möbius mixture are right both ways', (t) => {
  const transform = new Moebius({ components: 3 });
  tf.tidy(() => {
    const raw = rawOf(transform, 1);
    for (const direction of ['forward', 'inverse'] as const) {
      const value = (x: Tensor) => tf.sum(transform[direction](x, raw).value);
      const slope = (x: Tensor) => tf.sum(tf.exp(transform[direction](x, raw).logDet));
      const x = tf.tensor1d([0.8]);
      const twice = tf.grad((point: Tensor) => tf.sum(tf.grad(value)(point)))(x);
      assertClose(t, twice, tf.grad(slope)(x), 1e-3, direction);
    }
  });
});

onEachBackend(test, 'a Möbius inverse that is given too few steps says so', (t) => {
  const transform = new Moebius({ components: 4, tolerance: 1e-7, maxSteps: 1 });
  tf.tidy(() => {
    const error = t.throws(() => transform.forward(tf.tensor1d([1, 2]), tf.mul(rawOf(transform, 2), 3)), {
      instanceOf: FlowNumericsError,
    });
    t.regex(error!.message, /Moebius\.forward: expected a numerical inverse within 1 steps, got a residual of/);
  });
});

test('impossible options are refused', (t) => {
  const refused = (make: () => unknown, message: RegExp) => t.throws(make, { instanceOf: FlowConfigError, message });
  refused(() => new Moebius({ components: 0 }), /Moebius: expected components: a whole number, at least 1, got 0/);
  for (const maxRadius of [0, 1, NaN, -0.5]) refused(() => new Moebius({ maxRadius }), /maxRadius between 0 and 1/);
  refused(() => new Moebius({ maxSteps: 0 }), /maxSteps: a positive integer/);
  refused(() => new CircularRationalQuadraticSpline({ bins: 1 }), /bins: a whole number, at least 2/);
});
