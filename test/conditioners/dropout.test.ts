import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { RandomStream } from '../../src/index.js';
import { dropout } from '../../src/conditioners/dropout.js';
import { inTrainingMode } from '../../src/training-mode.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { CONDITIONERS, randomInputs } from './samples.js';

const train = <T>(seed: string, body: () => T): T => inTrainingMode(new RandomStream(seed), body);

onEachBackend(test, 'dropout keeps entries at the given rate, scaled so that the mean stays', (t) => {
  tf.tidy(() => {
    const n = 20_000;
    const values = train('rate', () => dropout(tf.ones([n]), 0.25)).dataSync();
    const kept = values.filter((value) => value !== 0);
    t.true(kept.every((value) => Math.abs(value - 4 / 3) < 1e-6));
    // Four standard errors of a fraction of n trials.
    t.true(Math.abs(kept.length / n - 0.75) < 4 * Math.sqrt((0.25 * 0.75) / n));
  });
});

onEachBackend(test, 'dropout is the identity when evaluating, and at rate 0', (t) => {
  tf.tidy(() => {
    const x = tf.ones([50]);
    t.is(dropout(x, 0.5), x);
    t.is(train('zero', () => dropout(x, 0)), x); // prettier-ignore
  });
});

onEachBackend(test, 'the gradient of dropout is the mask that was drawn', (t) => {
  tf.tidy(() => {
    const x = tf.ones([50]);
    const value = train('mask', () => dropout(x, 0.4));
    const gradient = train('mask', () => tf.grad((input) => dropout(input, 0.4))(x));
    assertClose(t, gradient, value, 0);
  });
});

for (const { Class, positions } of CONDITIONERS) {
  onEachBackend(test, `${Class.className}: drops units in training mode alone, repeatably`, (t) => {
    tf.tidy(() => {
      const net = new Class({ ...Class.samples[0]().getConfig(), dropout: 0.5 } as never);
      const [x] = randomInputs(net, 8, positions);
      const evaluated = net.apply(x).dataSync();
      const trained = train('a', () => net.apply(x)).dataSync();
      t.notDeepEqual(trained, evaluated);
      t.deepEqual(train('a', () => net.apply(x)).dataSync(), trained);
      t.notDeepEqual(train('b', () => net.apply(x)).dataSync(), trained);
      t.deepEqual(net.apply(x).dataSync(), evaluated);
    });
  });
}
