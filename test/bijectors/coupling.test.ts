import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  alternatingMask,
  Coupling,
  ElementwiseAffine,
  FlowConfigError,
  halfMask,
  MLP,
  RandomStream,
  RationalQuadraticSpline,
  type ConditionerRequest,
  type CouplingOptions,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { perturb } from '../support/perturb.js';

const network = (request: ConditionerRequest) => new MLP({ ...request, hidden: [16], seed: 7 });

test('masks', (t) => {
  t.deepEqual(alternatingMask(3), [true, false, true]);
  t.deepEqual(alternatingMask(3, 1), [false, true, false]);
  t.deepEqual(halfMask(5), [false, false, true, true, true]);
  t.deepEqual(halfMask(5, true), [true, true, false, false, false]);
});

onEachBackend(test, 'an untrained layer is exactly the identity', (t) => {
  using layer = new Coupling({ mask: alternatingMask(4), transform: new ElementwiseAffine(), conditioner: network });
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([9, 4]);
    const [y, logDet] = layer.forwardAndLogDet(x);
    assertClose(t, y, x.dataSync(), 0);
    assertClose(t, logDet, new Float32Array(9), 0);
  });
});

onEachBackend(test, 'coordinates outside of the mask are kept, those inside depend on them', (t) => {
  using layer = new Coupling({
    mask: [false, true, false, true],
    transform: new RationalQuadraticSpline({ bins: 5 }),
    conditioner: network,
  });
  perturb(layer, 'kept', 1);
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([6, 4]);
    const columns = (y: tf.Tensor) => tf.split(y, 4, 1).map((column) => column.dataSync());
    const [before, after] = [columns(x), columns(layer.forward(x))];
    t.deepEqual(after[0], before[0]);
    t.deepEqual(after[2], before[2]);
    const moved = columns(layer.forward(tf.add(x, [1, 0, 0, 0])));
    t.notDeepEqual(moved[1], after[1]);
    t.notDeepEqual(moved[3], after[3]);
  });
});

onEachBackend(test, 'the conditioner reads kept coordinates on the data side of their own splines', (t) => {
  using layer = new Coupling({
    mask: [true, false, false],
    transform: new RationalQuadraticSpline({ bins: 5 }),
    unconditional: new RationalQuadraticSpline({ bins: 6 }),
    conditioner: network,
  });
  perturb(layer, 'unconditional');
  tf.tidy(() => {
    const y = new RandomStream('y').normalTensor([50, 3]);
    const [x, there] = layer.inverseAndLogDet(y);
    const [again, back] = layer.forwardAndLogDet(x);
    t.notDeepEqual(x.dataSync(), y.dataSync());
    assertClose(t, again, y.dataSync(), 1e-3);
    assertClose(t, tf.neg(back), there.dataSync(), 1e-3);
  });
});

test('impossible layers are refused', (t) => {
  const transform = new ElementwiseAffine();
  const cases: [string, CouplingOptions, RegExp][] = [
    ['nothing transformed', { mask: [false, false], transform, conditioner: network }, /a mask that transforms some/],
    ['nothing kept', { mask: [true, true], transform, conditioner: network }, /Use `Elementwise`/],
    ['empty mask', { mask: [], transform, conditioner: network }, /a mask that transforms some/],
    [
      'conditioner too small',
      { mask: [true, false], transform, conditioner: new MLP({ inputs: 1, outputs: 1, hidden: [2] }) },
      /from 1 inputs to 2 outputs, got 1 to 1/,
    ],
  ];
  for (const [title, options, message] of cases) {
    t.throws(() => new Coupling(options), { instanceOf: FlowConfigError, message }, title);
  }
});
