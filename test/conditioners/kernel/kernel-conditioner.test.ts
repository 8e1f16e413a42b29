import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  ElementwiseAffine,
  FlowConfigError,
  FlowDataError,
  FlowShapeError,
  KernelConditioner,
  MaternKernel,
  RandomStream,
  RationalQuadraticKernel,
  SpatialCoupling,
  SquaredExponentialKernel,
  type Conditioner,
} from '../../../src/index.js';
import { libraryCatalogue } from '../../../src/io/catalogue.js';
import { deserialize, serialize, type SerializedObject } from '../../../src/io/config.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';
import { perturb } from '../../support/perturb.js';
import { randomInputs } from '../samples.js';

/** Values of a parameter. */
function valuesOf(net: Conditioner, path: string): number[] {
  return [...net.parameters.find((parameter) => parameter.path === path)!.variable.dataSync()];
}

KernelConditioner.samples.forEach((build, index) => {
  onEachBackend(test, `sample ${index}: rows do not see each other, options rebuild it, nothing leaks`, (t) => {
    const before = tf.memory().numTensors;
    const net = build();
    tf.tidy(() => {
      const [x, context] = randomInputs(net, 4);
      const held = tf.memory().numTensors;
      const together = net.apply(x, context);
      t.is(tf.memory().numTensors, held + 1);
      t.deepEqual(together.shape, [4, net.outputs]);
      const again = deserialize(JSON.parse(JSON.stringify(serialize(net))) as SerializedObject, libraryCatalogue(), 'test') as Conditioner; // prettier-ignore
      [net, again].forEach((each) => perturb(each, 'weights'));
      const moved = net.apply(x, context);
      assertClose(t, again.apply(x, context), moved, 0);
      again.dispose();
      const row = net.apply(tf.slice(x, 2, 1), context && tf.slice(context, 2, 1));
      assertClose(t, row, tf.slice(moved, 2, 1), 1e-6);
    });
    net.dispose();
    t.is(tf.memory().numTensors, before);
  });

  onEachBackend(test, `sample ${index}: everything trained receives a gradient`, (t) => {
    tf.tidy(() => {
      const net = build();
      perturb(net, 'gradient', 0.3);
      const [x, context] = randomInputs(net, 16);
      const { grads } = tf.variableGrads(
        () => tf.sum<tf.Scalar>(tf.square(net.apply(x, context))),
        net.trainableVariables,
      );
      for (const variable of net.trainableVariables) {
        const gradient = grads[variable.name].dataSync();
        t.true(
          gradient.every((g) => g !== 0 && Number.isFinite(g)),
          variable.name,
        );
      }
      net.dispose();
    });
  });
});

onEachBackend(test, 'the expansion is that of the formula', (t) => {
  tf.tidy(() => {
    using net = new KernelConditioner({ inputs: 1, outputs: 2, points: 2, kernel: new SquaredExponentialKernel(), initialOutput: [1, -1] }); // prettier-ignore
    assertClose(t, net.apply(tf.tensor2d([[3], [-8]])), [1, -1, 1, -1], 0, 'at the start'); // prettier-ignore
    const [points, coefficients] = net.parameters.map(({ variable }) => variable);
    points.assign(tf.tensor2d([[0], [2]])); // prettier-ignore
    coefficients.assign(tf.tensor2d([[1, 2], [-3, 4]])); // prettier-ignore
    const [a, b] = [Math.exp(-0.125), Math.exp(-1.125)];
    assertClose(t, net.apply(tf.tensor2d([[0.5]])), [1 + a - 3 * b, -1 + 2 * a + 4 * b], 1e-6);
  });
});

onEachBackend(test, 'it has points · (inputs + context + outputs) parameters, and those of the kernel', (t) => {
  const count = (options: object) => {
    using net = new KernelConditioner({ inputs: 3, outputs: 4, points: 10, ...options });
    return net.parameterCount;
  };
  t.is(count({}), 10 * (3 + 4) + 3);
  t.is(count({ contextShape: [2, 2] }), 10 * (3 + 4 + 4) + 7);
  t.is(count({ trainPoints: false }), 10 * 4 + 3);
  t.is(count({ shared: true }), 10 * 4 + 3);
  t.is(count({ kernel: new RationalQuadraticKernel({ ard: false }) }), 10 * (3 + 4) + 2);
});

onEachBackend(test, 'data decide where points lie and what the unit is, once', (t) => {
  tf.tidy(() => {
    const rows = tf.mul(new RandomStream('rows').normalTensor([300, 2]), [1, 20]);
    const given = Array.from({ length: 300 }, (_, i) => [...rows.dataSync().slice(2 * i, 2 * i + 2)].join());
    using net = new KernelConditioner({ inputs: 2, outputs: 1, points: 20 });
    net.initialize(rows);
    const points = valuesOf(net, 'points');
    const placed = Array.from({ length: 20 }, (_, i) => points.slice(2 * i, 2 * i + 2).join());
    t.true(placed.every((point) => given.includes(point)));
    t.is(new Set(placed).size, 20);
    // The median of |a - b| of normal numbers is 0.954, times the root of two.
    const unit = valuesOf(net, 'unit');
    assertClose(t, [unit[0] / 1.349, unit[1] / 26.98], [1, 1], 0.1);
    net.initialize(tf.mul(rows, 7));
    t.deepEqual([valuesOf(net, 'points'), valuesOf(net, 'unit')], [points, unit]);
  });
});

onEachBackend(test, 'clusters are found; columns that hardly vary have a unit', (t) => {
  tf.tidy(() => {
    const stream = new RandomStream('clusters');
    const rows = Array.from({ length: 200 }, (_, i) => [5 * (i % 4) + 0.1 * stream.nextNormal(), i === 7 ? 3 : 0, 1]);
    using net = new KernelConditioner({ inputs: 3, outputs: 1, points: 4, placement: 'kMeans' });
    net.initialize(tf.tensor2d(rows));
    const centres = [0, 1, 2, 3].map((i) => valuesOf(net, 'points')[3 * i]).sort((a, b) => a - b);
    assertClose(t, centres, [0, 5, 10, 15], 0.02);
    const [, rare, constant] = valuesOf(net, 'unit');
    t.true(rare > 0 && rare < 1);
    t.is(constant, 1);
  });
});

onEachBackend(test, 'one row many times makes points that lie on each other, and finite gradients', (t) => {
  tf.tidy(() => {
    const rows = tf.ones([6, 2]);
    for (const placement of ['rows', 'kMeans', 'all'] as const) {
      for (const nu of [0.5, 1.5, 2.5] as const) {
        using net = new KernelConditioner({ inputs: 2, outputs: 1, points: 6, placement, kernel: new MaternKernel({ nu }) }); // prettier-ignore
        net.initialize(rows);
        const coefficients = net.parameters.find(({ path }) => path === 'coefficients')!.variable;
        coefficients.assign(tf.ones([6, 1]));
        const { value, grads } = tf.variableGrads(() => tf.sum<tf.Scalar>(net.apply(rows)), net.trainableVariables);
        assertClose(t, value, [36], 1e-5);
        t.true(Object.values(grads).every((gradient) => gradient.dataSync().every(Number.isFinite)));
      }
    }
  });
});

onEachBackend(test, 'images are expanded pixel by pixel, with the context of their own', (t) => {
  tf.tidy(() => {
    using net = new KernelConditioner({ inputs: 2, outputs: 3, points: 5, contextShape: [2] });
    perturb(net, 'images');
    const image = new RandomStream('image').normalTensor([2, 3, 4, 2]);
    const context = new RandomStream('context').normalTensor([2, 2]);
    const y = net.apply(image, context);
    t.deepEqual(y.shape, [2, 3, 4, 3]);
    const pixel = net.apply(tf.reshape(tf.slice(image, [1, 2, 1, 0], [1, 1, 1, 2]), [1, 2]), tf.slice(context, 1, 1));
    assertClose(t, tf.slice(y, [1, 2, 1, 0], [1, 1, 1, 3]), pixel, 1e-6);

    for (const mask of ['channels', 'checkerboard'] as const) {
      using coupling = new SpatialCoupling({
        eventShape: [3, 4, 2],
        mask,
        transform: new ElementwiseAffine(),
        conditioner: (request) => new KernelConditioner({ ...request, points: 6 }),
      });
      coupling.initialize(image);
      assertClose(t, coupling.inverse(image), image, 0, 'it starts as the identity');
      perturb(coupling, 'images');
      const [z, there] = coupling.inverseAndLogDet(image);
      const [back, andBack] = coupling.forwardAndLogDet(z);
      assertClose(t, back, image, 1e-5);
      assertClose(t, tf.add(there, andBack), [0, 0], 1e-4);
    }
  });
});

test('what makes no expansion is refused', (t) => {
  const good = { inputs: 2, outputs: 3 };
  const table = [
    [{ inputs: 0 }, 'KernelConditioner.inputs: expected a positive integer, got 0.'],
    [{ outputs: 0.5 }, 'KernelConditioner.outputs: expected a positive integer, got 0.5.'],
    [{ points: 0 }, 'KernelConditioner.points: expected a positive integer, got 0.'],
    [{ placement: 'grid' }, "KernelConditioner.placement: expected 'rows', 'kMeans' or 'all', got 'grid'."],
    [{ initialOutput: [0] }, 'KernelConditioner.initialOutput: expected 3 finite numbers, one an output, got 1.'],
    [{ contextShape: [0] }, 'KernelConditioner.contextShape: expected a shape of positive integers, or null, got [0].'],
  ] as const;
  for (const [change, message] of table) {
    t.throws(() => new KernelConditioner({ ...good, ...change } as never), { instanceOf: FlowConfigError, message });
  }
});

onEachBackend(test, 'more points than rows are refused, and batches without the shared points', (t) => {
  tf.tidy(() => {
    using net = new KernelConditioner({ inputs: 2, outputs: 1, points: 5 });
    t.throws(() => net.initialize(tf.zeros([4, 2])), {
      instanceOf: FlowDataError,
      message: 'KernelConditioner.initialize: expected at least 5 rows, one a point, got 4. Take fewer points.',
    });
    using all = new KernelConditioner({ inputs: 2, outputs: 1, points: 5, placement: 'all' });
    t.throws(() => all.initialize(tf.zeros([6, 2])), {
      message: /expected 5 rows, each of them a point, got 6\. Take as/,
    });
    using shared = new KernelConditioner({ inputs: 2, outputs: 1, points: 5, shared: true });
    t.throws(() => shared.apply(tf.zeros([4, 2])), {
      instanceOf: FlowShapeError,
      message: /expected a batch of vectors that ends with the 5 shared points, got \[4, 2\]\. Put the layers into/,
    });
  });
});
