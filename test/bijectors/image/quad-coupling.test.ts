import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  FlowConfigError,
  FlowShapeError,
  QuadCoupling,
  RandomStream,
  RationalQuadraticSpline,
  type ConditionerRequest,
} from '../../../src/index.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';
import { denseLogDet } from '../../support/images.js';
import { perPixel } from '../../support/per-pixel.js';
import { perturb } from '../../support/perturb.js';

const eventShape = [2, 2, 8];

onEachBackend(test, 'it starts as the identity', (t) => {
  using layer = new QuadCoupling({ eventShape, conditioner: perPixel('quad') });
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([3, ...eventShape]);
    const [z, logDet] = layer.inverseAndLogDet(x);
    assertClose(t, z, x.dataSync(), 1e-6);
    assertClose(t, logDet, [0, 0, 0], 1e-6);
  });
});

onEachBackend(test, 'each quarter depends on itself and all before it: the Jacobian is block triangular', (t) => {
  using layer = new QuadCoupling({ eventShape: [1, 1, 8], conditioner: perPixel('quad') });
  perturb(layer, 'quad', 0.5);
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([1, 1, 8]);
    const jacobian = Array.from({ length: 8 }, (_, i) => {
      const entry = (at: tf.Tensor) => tf.sum(tf.slice(layer.inverse(at), [0, 0, i], [1, 1, 1]));
      return [...tf.grad(entry)(x).dataSync()];
    });
    for (let i = 0; i < 8; i++) {
      for (let j = 0; j < 8; j++) {
        const [to, from] = [Math.floor(i / 2), Math.floor(j / 2)];
        const entry = jacobian[i][j];
        if (to === 0 || from >= to) t.is(entry === 0, i !== j, `${i}, ${j}`);
        else t.not(entry, 0, `${i}, ${j}`);
      }
    }
    t.deepEqual([jacobian[0][0], jacobian[1][1]], [1, 1]);
  });
});

for (const transform of [undefined, new RationalQuadraticSpline({ bins: 4 })]) {
  onEachBackend(test, `round trip and dense log-determinant: ${transform?.className ?? 'affine'}`, (t) => {
    using layer = new QuadCoupling({ eventShape, conditioner: perPixel('quad', [3]), transform });
    perturb(layer, 'quad');
    t.deepEqual(layer.contextShape, [3]);
    tf.tidy(() => {
      const stream = new RandomStream('x');
      const [x, context] = [stream.normalTensor([3, ...eventShape]), stream.normalTensor([3, 3])];
      const [z, logDet] = layer.inverseAndLogDet(x, context);
      const [back, negative] = layer.forwardAndLogDet(z, context);
      assertClose(t, back, x.dataSync(), 1e-4);
      assertClose(t, negative, tf.neg(logDet).dataSync(), 1e-4);
      const one = (tensor: tf.Tensor) => tf.reshape(tf.slice(tensor, 2, 1), tensor.shape.slice(1));
      assertClose(t, [logDet.dataSync()[2]], [denseLogDet(layer, one(x), one(context))], 1e-4);
    });
  });
}

test('it asks for three networks and tells them apart', (t) => {
  const requests: [ConditionerRequest, number][] = [];
  const conditioner = (request: ConditionerRequest, index: number) => {
    requests.push([request, index]);
    return perPixel(index)(request);
  };
  using layer = new QuadCoupling({ eventShape, conditioner });
  t.is(layer.children.size, 3);
  t.deepEqual(requests.map(([{ inputs, outputs }, index]) => [inputs, outputs, index]), [[2, 4, 0], [4, 4, 1], [6, 4, 2]]); // prettier-ignore
});

test('what it refuses', (t) => {
  t.throws(() => new QuadCoupling({ eventShape: [2, 2, 6], conditioner: perPixel(0) }), {
    instanceOf: FlowShapeError,
    message: 'QuadCoupling: expected a number of channels that 4 divides, got 6 in [2, 2, 6]. A squeeze before it makes four channels of one.', // prettier-ignore
  });
  t.throws(() => new QuadCoupling({ eventShape, conditioner: [] }), {
    instanceOf: FlowConfigError,
    message: 'QuadCoupling: expected three conditioners, got 0.',
  });
  const wrong = () => perPixel(0)({ inputs: 2, outputs: 3, initialOutput: [0, 0, 0] });
  t.throws(() => new QuadCoupling({ eventShape, conditioner: wrong }), {
    instanceOf: FlowConfigError,
    message: 'QuadCoupling.conditioner0: expected a conditioner from 2 inputs to 4 outputs, got 2 to 3. Pass a function `(request) => new ConvNet({ ...request, hidden })` to have it sized.', // prettier-ignore
  });
});
