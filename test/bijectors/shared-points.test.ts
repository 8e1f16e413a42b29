import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  alternatingMask,
  Chain,
  Coupling,
  ElementwiseAffine,
  FlowConfigError,
  FlowDataError,
  KernelConditioner,
  RandomStream,
  SharedPoints,
  type Bijector,
  type KernelConditionerOptions,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { perturb } from '../support/perturb.js';

const COUNT = 12;

/** Two couplings of three coordinates. */
function couplings(options: Partial<KernelConditionerOptions>): Coupling[] {
  return ([0, 1] as const).map(
    (first) =>
      new Coupling({
        mask: alternatingMask(3, first),
        transform: new ElementwiseAffine(),
        conditioner: (request) => new KernelConditioner({ ...request, points: COUNT, ...options }),
      }),
  );
}

const named = (bijector: Bijector, name: string) => bijector.parameters.filter(({ path }) => path.endsWith(name)).map(({ variable }) => variable); // prettier-ignore

onEachBackend(test, 'expansions over all rows are expansions over the points at which each layer meets them', (t) => {
  tf.tidy(() => {
    const rows = new RandomStream('rows').normalTensor([COUNT, 3]);
    using exact = new SharedPoints({
      bijector: new Chain({ bijectors: couplings({ shared: true }) }),
      points: COUNT,
      placement: 'all',
      trainPoints: false,
    });
    exact.initialize(rows);
    perturb(exact, 'coefficients');
    const layers = couplings({});
    using apart = new Chain({ bijectors: layers });
    for (const name of ['coefficients', 'kernel', 'unit']) {
      named(apart, name).forEach((variable, i) => variable.assign(named(exact, name)[i]));
    }
    // From the data on, what the second layer keeps are the rows themselves, and what the first keeps their images.
    const kept = (x: tf.Tensor, first: 0 | 1) => tf.stack([0, 1, 2].filter((i) => i % 2 !== first).map((i) => tf.squeeze(tf.slice(x, [0, i], [-1, 1]), [1])), 1); // prettier-ignore
    named(layers[1], 'points')[0].assign(kept(rows, 1));
    named(layers[0], 'points')[0].assign(kept(layers[1].inverse(rows), 0));

    const others = new RandomStream('others').normalTensor([5, 3]);
    for (const x of [rows, others]) {
      const [z, logDet] = exact.inverseAndLogDet(x);
      const [expected, expectedLogDet] = apart.inverseAndLogDet(x);
      assertClose(t, z, expected, 1e-5);
      assertClose(t, logDet, expectedLogDet, 1e-5);
      assertClose(t, exact.forward(z), x, 1e-4);
    }
    t.is(exact.parameterCount, 2 * COUNT * 3 + 3);
  });
});

onEachBackend(test, 'the points are rows of the data, with their contexts', (t) => {
  tf.tidy(() => {
    const conditioned = couplings({ shared: true, contextShape: [2] });
    using shared = new SharedPoints({ bijector: new Chain({ bijectors: conditioned }), points: COUNT });
    const rows = new RandomStream('rows').normalTensor([40, 3]);
    const context = new RandomStream('context').normalTensor([40, 2]);
    shared.initialize(rows, context);
    const given = tf.concat([rows, context], 1).arraySync() as number[][];
    const points = named(shared, 'points')[0].arraySync() as number[][];
    t.true(points.every((point) => given.some((row) => row.join() === point.join())));
    shared.initialize(tf.add(rows, 1), context);
    t.deepEqual(named(shared, 'points')[0].arraySync(), points);
  });
});

onEachBackend(test, 'points that do not fit are refused', (t) => {
  t.throws(() => new SharedPoints({ bijector: couplings({})[0], points: COUNT }), {
    instanceOf: FlowConfigError,
    message: 'SharedPoints: expected kernel conditioners with `shared: true` and 12 points, got none that is shared.',
  });
  t.throws(() => new SharedPoints({ bijector: couplings({ shared: true })[0], points: 5 }), {
    message: 'SharedPoints: expected kernel conditioners with `shared: true` and 5 points, got one with 12.',
  });
  t.throws(() => new SharedPoints({ bijector: couplings({ shared: true })[0], points: 0 }), {
    message: 'SharedPoints.points: expected a positive integer, got 0.',
  });
  const build = (placement: 'rows' | 'all') => new SharedPoints({ bijector: couplings({ shared: true })[0], points: COUNT, placement }); // prettier-ignore
  using few = build('rows');
  using all = build('all');
  tf.tidy(() => {
    t.throws(() => few.initialize(tf.zeros([11, 3])), { instanceOf: FlowDataError, message: /at least 12 rows/ });
    t.throws(() => all.initialize(tf.zeros([11, 3])), {
      instanceOf: FlowDataError,
      message: 'SharedPoints.initialize: expected 12 rows, each of them a point, got 11. Take as many points as there are rows to train on.', // prettier-ignore
    });
  });
});
