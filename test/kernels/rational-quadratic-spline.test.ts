import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { RandomStream } from '../../src/index.js';
import { splineGradientOnCpu, splineOnCpu } from '../../src/kernels/rational-quadratic-spline/cpu.js';
import { rationalQuadraticSplineOp } from '../../src/kernels/rational-quadratic-spline/op.js';
import { splineReference } from '../../src/kernels/rational-quadratic-spline/reference.js';
import { splineParameterCount, type SplineSpec } from '../../src/kernels/rational-quadratic-spline/spec.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

const SPECS: SplineSpec[] = (['linear', 'bounded', 'circular'] as const).flatMap((boundaries) => [
  spec({ boundaries }),
  spec({ boundaries, bins: 2, low: -1, high: 2, identityAtZero: true }),
  spec({ boundaries, bins: 16, minBinHeight: 1e-2, rawScale: 0.25 }),
]);

function spec(options: Partial<SplineSpec>): SplineSpec {
  const least = { minBinWidth: 1e-3, minBinHeight: 1e-3, minDerivative: 1e-3 };
  return { bins: 8, low: -3, high: 3, boundaries: 'linear', ...least, rawScale: 1, identityAtZero: false, ...options };
}

/** Points inside and beyond the box, its ends among them, with random parameters. */
function problem(s: SplineSpec, seed: string, scale = 1) {
  const stream = new RandomStream(seed);
  const x = [...stream.uniform(13, s.low - 1, s.high + 1), s.low, s.high, (s.low + s.high) / 2];
  const count = splineParameterCount(s);
  return {
    n: x.length,
    count,
    x: Float32Array.from(x),
    raw: stream.normal(x.length * count).map((u) => u * scale),
    weights: [stream.normal(x.length), stream.normal(x.length)] as const,
  };
}

function inFloat64(s: SplineSpec, x: ArrayLike<number>, raw: ArrayLike<number>, inverse: boolean) {
  const [value, logDet] = [new Float64Array(x.length), new Float64Array(x.length)];
  splineOnCpu([Float64Array.from(x), Float64Array.from(raw)], [value, logDet], { ...s, inverse }, []);
  return { value, logDet };
}

function gradientInFloat64(s: SplineSpec, p: ReturnType<typeof problem>, inverse: boolean) {
  const [dx, dRaw] = [new Float64Array(p.x.length), new Float64Array(p.raw.length)];
  const inputs = [p.x, p.raw, ...p.weights].map((values) => Float64Array.from(values));
  splineGradientOnCpu(inputs, [dx, dRaw], { ...s, inverse }, []);
  return { dx, dRaw };
}

function name(s: SplineSpec): string {
  return `${s.boundaries}, ${s.bins} bins${s.identityAtZero ? ', identity at zero' : ''}`;
}

for (const s of SPECS) {
  for (const inverse of [false, true]) {
    test(`hand-written gradient against central differences in float64: ${name(s)}, inverse ${inverse}`, (t) => {
      const p = problem(s, 'gradient');
      // Keep clear of points where the map has a kink in the parameters: the ends of the box.
      p.x.set([s.low + 0.1, s.high - 0.1], 13);
      const { dx, dRaw } = gradientInFloat64(s, p, inverse);
      const loss = (x: Float64Array, raw: Float64Array): number => {
        const { value, logDet } = inFloat64(s, x, raw, inverse);
        return value.reduce((sum, v, i) => sum + v * p.weights[0][i] + logDet[i] * p.weights[1][i], 0);
      };
      const [x, raw] = [Float64Array.from(p.x), Float64Array.from(p.raw)];
      const difference = (array: Float64Array, i: number): number => {
        const [h, at] = [1e-6, array[i]];
        array[i] = at + h;
        const above = loss(x, raw);
        array[i] = at - h;
        const below = loss(x, raw);
        array[i] = at;
        return (above - below) / (2 * h);
      };
      assertClose(t, dx, Array.from(x, (_, i) => difference(x, i)), 1e-6, 'input'); // prettier-ignore
      assertClose(t, dRaw, Array.from(raw, (_, i) => difference(raw, i)), 1e-6, 'parameters'); // prettier-ignore
    });

    onEachBackend(test, `kernel and reference agree: ${name(s)}, inverse ${inverse}`, (t, backend) => {
      const p = problem(s, 'agree');
      // Loops have doubles inside, SIMD kernels have not.
      const [forValue, forGradient] = backend === 'wasm' ? [5e-5, 1e-4] : [1e-6, 1e-6];
      const exact = inFloat64(s, p.x, p.raw, inverse);
      const exactGradient = gradientInFloat64(s, p, inverse);
      tf.tidy(() => {
        const [x, raw] = [tf.tensor1d(p.x), tf.tensor2d(p.raw, [p.n, p.count])];
        const [wValue, wLogDet] = p.weights.map((w) => tf.tensor1d(w));
        for (const [op, tolerance] of [
          [rationalQuadraticSplineOp, forValue],
          [splineReference, 1e-4],
        ] as const) {
          // prettier-ignore
          const actual = op(x, raw, s, inverse);
          assertClose(t, actual.value, exact.value, tolerance, `${op.name} value`);
          assertClose(t, actual.logDet, exact.logDet, tolerance, `${op.name} log-det`);
          const [dx, dRaw] = tf.grads((at: Tensor, parameters: Tensor) => {
            const { value, logDet } = op(at, parameters, s, inverse);
            return tf.sum(tf.add(tf.mul(value, wValue), tf.mul(logDet, wLogDet)));
          })([x, raw]);
          // The reference differs at kinks and where float32 cancels; the fused kernel does not.
          const slack = op === splineReference ? 2e-2 : forGradient;
          assertClose(t, tf.slice(dx, 0, 13), exactGradient.dx.subarray(0, 13), slack, `${op.name} dx`);
          assertClose(t, tf.slice(dRaw, 0, 13), exactGradient.dRaw.subarray(0, 13 * p.count), slack, `${op.name} dRaw`);
        }
      });
    });
  }

  test(`inverse undoes forward to the last digits in float64, and stays finite at extremes: ${name(s)}`, (t) => {
    for (const scale of [1, 10, 50]) {
      const p = problem(s, `round trip ${scale}`, scale);
      const there = inFloat64(s, p.x, p.raw, false);
      const back = inFloat64(s, there.value, p.raw, true);
      t.true([...there.value, ...there.logDet, ...back.value, ...back.logDet].every(Number.isFinite));
      if (scale === 1) {
        assertClose(t, back.value, p.x, 1e-9, 'round trip');
        assertClose(t, back.logDet, there.logDet.map((l) => -l), 1e-9, 'log-det'); // prettier-ignore
      }
    }
  });
}

onEachBackend(test, 'second derivatives go through the reference', (t) => {
  tf.tidy(() => {
    const s = spec({});
    const p = problem(s, 'second');
    const [x, raw] = [tf.tensor1d(p.x), tf.tensor2d(p.raw, [p.n, p.count])];
    const slope = tf.grad((at: Tensor) => tf.sum(rationalQuadraticSplineOp(at, raw, s, false).value));
    const curvature = tf
      .grad((at: Tensor) => tf.sum(slope(at)))(x)
      .dataSync();
    const h = 1e-5;
    const slopes = (shift: number) =>
      inFloat64(
        s,
        Float64Array.from(p.x, (v) => v + shift),
        p.raw,
        false,
      ).logDet.map(Math.exp);
    const [above, below] = [slopes(h), slopes(-h)];
    // Away from knots; at the ends of the box the curvature jumps.
    const expected = above.map((v, i) => (v - below[i]) / (2 * h)).subarray(0, 13);
    assertClose(t, curvature.subarray(0, 13), expected, 1e-2, 'curvature');
  });
});

onEachBackend(test, 'no tensor is left behind', (t) => {
  const s = spec({});
  const p = problem(s, 'leak');
  const [x, raw] = [tf.tensor1d(p.x), tf.tensor2d(p.raw, [p.n, p.count])];
  const before = tf.memory().numTensors;
  const [dx, dRaw] = tf.grads((at: Tensor, q: Tensor) => tf.sum(rationalQuadraticSplineOp(at, q, s, true).logDet))([x, raw]); // prettier-ignore
  t.is(tf.memory().numTensors, before + 2);
  tf.dispose([dx, dRaw, x, raw]);
});
