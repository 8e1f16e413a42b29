import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { Dense, FlowConfigError } from '../../src/index.js';
import { ACTIVATION_NAMES, activate, type ActivationName } from '../../src/conditioners/activation.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';

/** Error function by the midpoint rule, in float64. */
function erf(x: number): number {
  const n = 4000;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += Math.exp(-((((i + 0.5) * x) / n) ** 2));
  return ((2 / Math.sqrt(Math.PI)) * sum * x) / n;
}

const EXPECTED: Record<ActivationName, (x: number) => number> = {
  identity: (x) => x,
  relu: (x) => Math.max(x, 0),
  leakyRelu: (x) => (x > 0 ? x : 0.01 * x),
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  silu: (x) => x / (1 + Math.exp(-x)),
};

const NONLINEARITIES = ACTIVATION_NAMES.filter((name) => name !== 'identity');

onEachBackend(test, 'activations have their textbook values, derivatives and second derivatives', (t) => {
  const points = [-3, -1, -0.3, 0.2, 0.7, 2.5];
  const h = 1e-3;
  for (const name of NONLINEARITIES) {
    const f = EXPECTED[name];
    tf.tidy(() => {
      const x = tf.tensor1d(points);
      const first = tf.grad((input) => activate(name, input));
      const second = tf.grad((input) => first(input));
      const slope = points.map((p) => (f(p + h) - f(p - h)) / (2 * h));
      const curvature = points.map((p) => (f(p + h) - 2 * f(p) + f(p - h)) / h ** 2);
      assertClose(t, activate(name, x), points.map(f), 2e-6, name);
      assertClose(t, first(x), slope, 1e-5, `${name}, first derivative`);
      assertClose(t, second(x), curvature, 1e-4, `${name}, second derivative`);
    });
  }
});

onEachBackend(test, 'activations and their derivatives stay finite at ±1e4', (t) => {
  for (const name of NONLINEARITIES) {
    tf.tidy(() => {
      const x = tf.tensor1d([-1e4, -100, 100, 1e4]);
      const values = [
        ...activate(name, x).dataSync(),
        ...tf
          .grad((input) => activate(name, input))(x)
          .dataSync(),
      ];
      t.true(values.every(Number.isFinite), `${name}: ${values.join(', ')}`);
    });
  }
});

onEachBackend(test, 'a dense layer multiplies by its masked kernel and adds its bias', (t) => {
  tf.tidy(() => {
    const layer = new Dense({ inputs: 2, outputs: 3, mask: [1, 0, 1, 1, 1, 0] });
    const [kernel, bias] = layer.parameters.map(({ variable }) => variable);
    kernel.assign(tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]));
    bias.assign(tf.tensor1d([0.5, 0, -1]));
    assertClose(t, layer.apply(tf.tensor2d([[1, 10]])), [41.5, 50, 2], 1e-6);
    t.deepEqual(layer.parameters.map(({ path }) => path), ['kernel', 'bias']); // prettier-ignore
    layer.dispose();
  });
});

onEachBackend(test, 'initial weights are uniform in ±1/√inputs, or in the range asked for', (t) => {
  const range = (layer: Dense) => Math.max(...layer.parameters.flatMap(({ variable }) => [...variable.dataSync()].map(Math.abs))); // prettier-ignore
  const usual = range(new Dense({ inputs: 100, outputs: 50 }));
  t.true(usual <= 0.1 && usual > 0.099);
  const small = range(new Dense({ inputs: 100, outputs: 50, initialRange: 1e-3 }));
  t.true(small <= 1e-3 && small > 0.99e-3);
  t.is(range(new Dense({ inputs: 100, outputs: 50, initialRange: 0 })), 0);
});

test('a dense layer refuses options that make no layer', (t) => {
  const good = { inputs: 2, outputs: 3 };
  const table = [
    [{ ...good, inputs: 0 }, 'Dense.inputs: expected a positive integer, got 0.'],
    [{ ...good, outputs: 1.5 }, 'Dense.outputs: expected a positive integer, got 1.5.'],
    [{ ...good, initialRange: -1 }, 'Dense.initialRange: expected a finite number of at least 0, got -1.'],
    [{ ...good, mask: [1, 0] }, 'Dense.mask: expected 6 numbers, got 2.'],
    [{ ...good, initialOutput: [1] }, 'Dense.initialOutput: expected 3 finite numbers, one an output, got 1.'],
    [
      { ...good, initialOutput: [1, NaN, 2] },
      'Dense.initialOutput: expected 3 finite numbers, one an output, got NaN at index 1.',
    ],
    [
      { ...good, activation: 'swish' as never },
      `Dense.activation: expected one of ${ACTIVATION_NAMES.join(', ')}, got "swish".`,
    ],
  ] as const;
  for (const [options, message] of table) {
    t.throws(() => new Dense(options), { instanceOf: FlowConfigError, message });
  }
});
