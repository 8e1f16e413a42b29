import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { ElementwiseAffine, FlowConfigError, RandomStream, ShiftedSpline } from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

/** The formula in doubles, data → base, in the box [-1/2, 1/2]. */
function reference(x: number, [w, h, d, shift]: readonly number[]): [value: number, slope: number] {
  if (Math.abs(x) > 0.5) return [x + shift, 1];
  const sigmoid = (t: number) => 1 / (1 + Math.exp(-t));
  const [width, height] = [1e-3 + 0.998 * sigmoid(w), 1e-3 + 0.998 * sigmoid(h)];
  const knot = 1e-3 + 0.999 * Math.exp(10 * Math.tanh(d / 10));
  const second = x + 0.5 >= width;
  const [X, Y, W, H] = second ? [width - 0.5, height - 0.5, 1 - width, 1 - height] : [-0.5, -0.5, width, height];
  const [left, right] = second ? [knot, 1] : [1, knot];
  const s = H / W;
  const xi = (x - X) / W;
  const q = xi * (1 - xi);
  const denominator = s + (left + right - 2 * s) * q;
  const slope = (s ** 2 * (right * xi ** 2 + 2 * s * q + left * (1 - xi) ** 2)) / denominator ** 2;
  return [Y + (H * (s * xi ** 2 + left * q)) / denominator + shift, slope];
}

const stream = new RandomStream('shifted spline');

/** Points at the edges or beyond, which come back; those after them lie inside. */
const EDGES = 6;

onEachBackend(test, 'agrees with the formula in doubles', (t) => {
  const spline = new ShiftedSpline();
  const x = Float32Array.from({ length: 41 }, (_, i) => (i - 20) / 30);
  tf.tidy(() => {
    for (const scale of [0.5, 2]) {
      const raw = Float32Array.from(stream.normal(4 * x.length), (value) => scale * value);
      const { value, logDet } = spline.inverse(tf.tensor1d(x), tf.tensor2d(raw, [x.length, 4]));
      const expected = Array.from(x, (at, i) => reference(at, [...raw.subarray(4 * i, 4 * i + 4)]));
      assertClose(t, value, expected.map(([y]) => y), 1e-5, 'values'); // prettier-ignore
      assertClose(t, logDet, expected.map(([, slope]) => Math.log(slope)), 1e-3, 'log-slopes'); // prettier-ignore
    }
  });
});

onEachBackend(test, 'raw parameters of zero are the identity', (t) => {
  const spline = new ShiftedSpline();
  tf.tidy(() => {
    const x = tf.linspace(-2, 2, 81);
    for (const direction of ['forward', 'inverse'] as const) {
      const { value, logDet } = spline[direction](x, tf.zeros([81, 4]));
      assertClose(t, value, x, 1e-6);
      assertClose(t, logDet, tf.zeros([81]), 2e-6);
    }
  });
});

onEachBackend(test, 'any raw values come back at the edges of the box, and beyond', (t) => {
  const spline = new ShiftedSpline();
  tf.tidy(() => {
    const points = [-0.5, 0.5, -0.5001, 0.5001, -3, 40, -0.4999, 0.4999];
    for (let trial = 0; trial < 50; trial++) {
      const raw = tf.tensor2d(stream.uniform(4 * points.length, -30, 30), [points.length, 4]);
      const centred = tf.mul(raw, tf.tensor2d([[1, 1, 1, 0]]));
      const x = tf.tensor1d(points);
      const { value, logDet } = spline.inverse(x, centred);
      const back = spline.forward(value, centred);
      // Inside of the box slopes fall to 1e-10, where rounding alone moves a point along; its image stays where it was.
      assertClose(t, spline.inverse(back.value, centred).value, value, 1e-5, `trial ${trial}`);
      assertClose(t, tf.slice(back.value, [0], [EDGES]), points.slice(0, EDGES), 1e-5, `trial ${trial}, edges`);
      t.true([value, logDet, back.logDet].every((y) => y.dataSync().every(Number.isFinite)));
      const shift = tf.abs(tf.slice(raw, [0, 3], [-1, 1])).dataSync();
      for (const direction of ['forward', 'inverse'] as const) {
        const out = spline[direction](x, raw).value.dataSync();
        points.forEach((point, i) => t.true(Math.abs(out[i]) <= Math.abs(point) + shift[i] + 1 + 1e-4));
      }
    }
  });
});

onEachBackend(test, 'affine maps multiply draws by what their form allows, the spline by nothing', (t) => {
  const raw = tf.tensor2d([[0, -20]]);
  const x = tf.tensor1d([1]);
  tf.tidy(() => {
    const stretch = (transform: ElementwiseAffine) => transform.forward(x, raw).value.dataSync()[0];
    const form = { scale: 'inverseSigmoid', least: 1e-4 } as const;
    t.true(Math.abs(stretch(new ElementwiseAffine(form)) / 1e4 - 1) < 1e-3);
    t.true(stretch(new ElementwiseAffine({ scale: 'sigmoid' })) <= 1.001);
    t.is(stretch(new ElementwiseAffine({ bound: null })), Math.fround(Math.exp(-20)));
  });
  tf.dispose([raw, x]);
});

onEachBackend(test, 'the slopes of affine forms are those stated', (t) => {
  tf.tidy(() => {
    for (const transform of [
      new ElementwiseAffine({ bound: 2 }),
      new ElementwiseAffine({ scale: 'sigmoid', least: 0.01 }),
      new ElementwiseAffine({ scale: 'inverseSigmoid', least: 0.01 }),
    ]) {
      const raw = tf.tensor2d([0, -50, 0, -3, 0, 0, 0, 3, 0, 50], [5, 2]);
      const slopes = tf.exp(transform.forward(tf.ones([5]), raw).logDet).dataSync();
      const [low, high] = transform.slopes;
      assertClose(t, [Math.min(...slopes), Math.max(...slopes)], [low, high], 1e-4);
      const { value } = transform.inverse(transform.forward(tf.ones([5]), raw).value, raw);
      assertClose(t, value, tf.ones([5]), 1e-4);
    }
  });
  t.deepEqual(new ElementwiseAffine({ bound: null }).slopes, [0, Infinity]);
});

test('options that make no map are refused', (t) => {
  const refused = { instanceOf: FlowConfigError };
  t.throws(() => new ShiftedSpline({ tailBound: 0 }), refused);
  t.throws(() => new ShiftedSpline({ minBinSize: 0.5 }), refused);
  t.throws(() => new ShiftedSpline({ minDerivative: 1 }), refused);
  t.throws(() => new ElementwiseAffine({ least: 0 }), refused);
  t.throws(() => new ElementwiseAffine({ bound: Infinity }), refused);
  t.throws(() => new ElementwiseAffine({ scale: 'softplus' as never }), { ...refused, message: /one of exp, sigmoid, inverseSigmoid/ }); // prettier-ignore
});
