import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  FibreSpline,
  FlowConfigError,
  FlowShapeError,
  ProjectiveConvexGradient,
  ProjectiveLinear,
  QuaternionProduct,
  RandomStream,
  ready,
  SphereMap,
  SphereMoebius,
  SymmetrizedMoebius,
  UniformSphere,
  type SphereTransform,
} from '../../src/index.js';
import { assertClose } from '../support/close.js';

test.before(() => ready({ backend: 'wasm' }));

const ODD: readonly SphereTransform[] = [
  new SymmetrizedMoebius({ dims: 4 }),
  new ProjectiveLinear({ dims: 4 }),
  new ProjectiveConvexGradient({ dims: 4, components: 4 }),
  new QuaternionProduct(),
  new FibreSpline({ bins: 5 }),
];

/** Uniform points and random parameters, one set a row. */
function problem(transform: SphereTransform, rows: number, spread = 1): [x: tf.Tensor, raw: tf.Tensor] {
  const stream = new RandomStream(transform.className);
  const x = new UniformSphere({ dims: transform.dims }).sample(rows, { seed: 'points' });
  const noise = stream.normalTensor([rows, transform.parameterCount]);
  return [x, tf.add(transform.startParameters(), tf.mul(noise, spread))];
}

for (const transform of ODD) {
  test(`${transform.className}: f(-q) = -f(q), and both have one area`, (t) => {
    tf.tidy(() => {
      const [x, raw] = problem(transform, 500);
      for (const direction of ['forward', 'inverse'] as const) {
        const there = transform[direction](x, raw);
        const opposite = transform[direction](tf.neg(x), raw);
        // An angle of π more or less rounds.
        assertClose(t, tf.neg(opposite.value).dataSync(), there.value.dataSync(), 5e-6);
        assertClose(t, opposite.logDet.dataSync(), there.logDet.dataSync(), 1e-4);
      }
      t.true(transform.odd);
    });
  });

  test(`${transform.className}: areas over the whole sphere average to 1`, (t) => {
    tf.tidy(() => {
      const rows = 4000;
      const [x, raw] = problem(transform, rows, 0.5);
      const one = tf.add(tf.zeros([rows, raw.shape[1]!]), tf.slice(raw, 0, 1));
      const areas = Array.from(tf.exp(transform.inverse(x, one).logDet).dataSync());
      const mean = areas.reduce((sum, area) => sum + area, 0) / rows;
      const variance = areas.reduce((sum, area) => sum + (area - mean) ** 2, 0) / rows;
      // Five standard errors: one false alarm in two million.
      t.true(Math.abs(mean - 1) < 5 * Math.sqrt(variance / rows) + 1e-5, `${mean}`);
    });
  });
}

test('SymmetrizedMoebius is the sum of a map and its mirror image, up to the rim', (t) => {
  const dims = 4;
  tf.tidy(() => {
    const [z] = problem(new SymmetrizedMoebius({ dims }), 200);
    for (const radius of [0.1, 0.5, 0.94]) {
      const w = tf.mul(z.slice([0, 0], [200, dims]).reverse(0), radius);
      const square = tf.sum(tf.square(w), 1, true);
      const plain = (pole: tf.Tensor) => {
        const gap = tf.sub(z, pole);
        return tf.sub(tf.mul(tf.div(tf.sub(1, square), tf.sum(tf.square(gap), 1, true)), gap), pole);
      };
      const sum = tf.add(plain(w), plain(tf.neg(w)));
      const raw = tf.concat([tf.div(w, 0.95 - radius), tf.fill([200, 1], 100)], 1);
      const { value } = new SymmetrizedMoebius({ dims }).forward(z, raw);
      assertClose(t, value.dataSync(), tf.div(sum, tf.norm(sum, 2, 1, true)).dataSync(), 2e-5, `radius ${radius}`);
    }
  });
});

test('SphereMoebius: the mean over the circle is minus the pole', (t) => {
  tf.tidy(() => {
    const rows = 512;
    const angles = Array.from({ length: rows }, (_, i) => (2 * Math.PI * i) / rows);
    const z = tf.tensor2d(angles.map((angle) => [Math.cos(angle), Math.sin(angle)]));
    const w = [0.3, -0.5];
    const v = w.map((entry) => entry / (0.95 - Math.hypot(...w)));
    const { value } = new SphereMoebius({ dims: 2 }).forward(z, tf.tensor2d(angles.map(() => [...v, 100])));
    assertClose(t, tf.mean(value, 0).dataSync(), [-0.3, 0.5], 2e-6);
  });
});

test('FibreSpline goes both ways where an angle means nothing', (t) => {
  const transform = new FibreSpline({ bins: 4 });
  tf.tidy(() => {
    const e = 1e-4;
    const rows = [[1, 0, 0, 0], [-1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, -1], [1, e, 0, e], [e, 0, 0, 1]]; // prettier-ignore
    const x = tf.div(tf.tensor2d(rows), tf.norm(tf.tensor2d(rows), 2, 1, true));
    const raw = tf.mul(
      new RandomStream('edges').normalTensor([1, transform.parameterCount]),
      tf.ones([rows.length, 1]),
    );
    const { value, logDet } = transform.forward(x, raw);
    const back = transform.inverse(value, raw);
    assertClose(t, back.value.dataSync(), x.dataSync(), 2e-6);
    assertClose(t, tf.neg(back.logDet).dataSync(), logDet.dataSync(), 1e-4);
    const slope = tf.grad((q: tf.Tensor) => tf.sum(transform.forward(q, raw).value))(x);
    t.true(slope.dataSync().every(Number.isFinite));
  });
});

test('QuaternionProduct: fixed rotations alone have no parameters', (t) => {
  const layer = new SphereMap({ transform: new QuaternionProduct({ left: [0, 0, 0, 2], learned: false }) });
  t.is(layer.parameterCount, 0);
  tf.tidy(() => {
    const y = layer.forward(tf.tensor2d([[1, 0, 0, 0], [0, 1, 0, 0]])); // prettier-ignore
    assertClose(t, y.dataSync(), [0, 0, 0, 1, 0, 0, 1, 0], 1e-7);
  });
});

test('what is no sphere, no rotation or no map is refused', (t) => {
  t.throws(() => new FibreSpline({ bins: 1 }), { instanceOf: FlowConfigError });
  t.throws(() => new QuaternionProduct({ left: [0, 0, 0, 0] }), { instanceOf: FlowConfigError, message: /QuaternionProduct\.left.*\[0, 0, 0, 0\]/ }); // prettier-ignore
  t.throws(() => new QuaternionProduct({ right: [1, 0, 0] }), { instanceOf: FlowConfigError });
  t.throws(() => new SymmetrizedMoebius({ dims: 1 }), { instanceOf: FlowConfigError });
  t.throws(() => new ProjectiveConvexGradient({ dims: 4, components: 0 }), { instanceOf: FlowConfigError });
  t.throws(() => new SphereMap({ transform: new ProjectiveLinear({ dims: 4 }), initialParameters: [1] }), { instanceOf: FlowConfigError, message: /SphereMap.initialParameters: expected 16 numbers, got 1/ }); // prettier-ignore
  t.throws(() => new SphereMap({ transform: new FibreSpline(), eventShape: [2, 3] }), { instanceOf: FlowShapeError });
});
