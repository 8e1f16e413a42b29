import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { FlowConfigError, OnCoordinates, RandomStream, ready, Standardize, Whitening } from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

onEachBackend(test, 'only the coordinates named are mapped, by the map that there is', (t) => {
  tf.tidy(() => {
    const inner = new Standardize({ mean: [1, -2], std: [0.5, 4] });
    using bijector = new OnCoordinates({ dims: 4, coordinates: [0, 3], bijector: inner });
    const [y, logDet] = bijector.forwardAndLogDet(tf.tensor2d([[2, 10, 20, 3]]));
    assertClose(t, y, [2, 10, 20, 10], 1e-6);
    assertClose(t, logDet, [Math.log(2)], 1e-6);
  });
});

test.before(() => ready({ backend: 'wasm' }).then(() => undefined));

test('data are those of the coordinates', (t) => {
  tf.tidy(() => {
    const stream = new RandomStream('rows');
    const [a, b] = [stream.normalTensor([500, 1]), stream.normalTensor([500, 1])];
    const data = tf.concat([tf.add(a, b), tf.mul(b, 100), tf.sub(a, tf.mul(b, 2))], 1);
    using bijector = new OnCoordinates({ dims: 3, coordinates: [0, 2], bijector: new Whitening({ dims: 2 }) });
    bijector.initialize(data);
    const z = bijector.inverse(data);
    const whitened = tf.gather(z, tf.tensor1d([0, 2], 'int32'), 1) as tf.Tensor2D;
    assertClose(t, tf.div(tf.matMul(whitened, whitened, true), 499), [1, 0, 0, 1], 1e-3);
    assertClose(t, tf.slice(z, [0, 1], [-1, 1]), tf.slice(data, [0, 1], [-1, 1]).dataSync(), 1e-6);
  });
});

test('what is no choice of coordinates is refused', (t) => {
  const bijector = () => new Standardize({ mean: [0, 0], std: [1, 1] });
  const refuse = (options: object, message: RegExp) =>
    t.throws(() => new OnCoordinates({ dims: 3, coordinates: [0, 2], bijector: bijector(), ...options }), { instanceOf: FlowConfigError, message }); // prettier-ignore
  refuse({ coordinates: [2, 0] }, /ascending/);
  refuse({ coordinates: [0, 3] }, /0 to 2/);
  refuse({ coordinates: [0] }, /a map of \[1\]/);
  refuse({ dims: 2, coordinates: [0, 1] }, /Use the bijector itself/);
  refuse({ dims: 0 }, /OnCoordinates.dims/);
});
