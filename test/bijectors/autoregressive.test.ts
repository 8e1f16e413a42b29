import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  Autoregressive,
  ElementwiseAffine,
  FlowConfigError,
  Invert,
  MaskedMLP,
  RandomStream,
  RationalQuadraticSpline,
  type AutoregressiveRequest,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { perturb } from '../support/perturb.js';

function layer(dims: number, order?: number[]): Autoregressive {
  const conditioner = (request: AutoregressiveRequest) =>
    new MaskedMLP({ ...request, hidden: [24], seed: 3, ...(order ? { order } : {}) });
  const result = new Autoregressive({ dims, transform: new RationalQuadraticSpline({ bins: 4 }), conditioner });
  perturb(result, 'autoregressive');
  return result;
}

onEachBackend(test, 'a coordinate depends on those before it in the order, and on no other', (t) => {
  const order = [2, 0, 3, 1];
  using made = layer(4, order);
  tf.tidy(() => {
    const y = new RandomStream('y').normalTensor([5, 4]);
    const start = made.inverse(y).dataSync();
    order.forEach((moved, place) => {
      const shift = [0, 1, 2, 3].map((i) => (i === moved ? 0.25 : 0));
      const changed = made.inverse(tf.add(y, shift)).dataSync();
      const affected = [0, 1, 2, 3].filter((i) => [0, 1, 2, 3, 4].some((row) => changed[row * 4 + i] !== start[row * 4 + i])); // prettier-ignore
      t.true(
        affected.every((i) => order.indexOf(i) >= place),
        `moving ${moved} changed ${affected.join(', ')}`,
      );
      t.true(affected.includes(moved));
    });
  });
});

for (const dims of [1, 2, 5]) {
  onEachBackend(test, `${dims} coordinates: generation undoes the density pass`, (t) => {
    using made = layer(dims);
    tf.tidy(() => {
      const y = new RandomStream('y').normalTensor([20, dims]);
      const [x, there] = made.inverseAndLogDet(y);
      const [again, back] = made.forwardAndLogDet(x);
      assertClose(t, again, y.dataSync(), 1e-3);
      assertClose(t, tf.neg(back), there.dataSync(), 1e-3);
    });
  });
}

onEachBackend(test, 'inverted, it is an inverse autoregressive flow', (t) => {
  const made = layer(3);
  using iaf = new Invert({ bijector: made });
  tf.tidy(() => {
    const z = new RandomStream('z').normalTensor([6, 3]);
    assertClose(t, iaf.forward(z), made.inverse(z).dataSync(), 0);
    assertClose(t, iaf.inverse(z), made.forward(z).dataSync(), 0);
  });
});

test('a conditioner of other sizes is refused', (t) => {
  const conditioner = new MaskedMLP({ features: 3, parametersPerFeature: 1, hidden: [4] });
  t.throws(() => new Autoregressive({ dims: 3, transform: new ElementwiseAffine(), conditioner }), {
    instanceOf: FlowConfigError,
    message: /3 features with 2 parameters each, got 3 features with 1/,
  });
});
