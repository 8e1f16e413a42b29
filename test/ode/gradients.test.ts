import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import test from 'ava';
import { odeSolve, ready, type GradientMethod, type OdeOptions } from 'tfjs-flows';
import { RandomStream } from '../../src/random.js';

test.before(() => ready());

const ROWS = 5;
const DIMS = 3;

/** A small network with time and an input: `f = W₂ tanh(W₁ y + u + t v)`. */
function problem() {
  const stream = new RandomStream('ode gradients');
  const variable = (name: string, shape: number[], scale: number) =>
    tf.tidy(() => tf.variable(tf.mul(stream.split(name).normalTensor(shape), scale)));
  const [w1, w2, v] = [variable('w1', [DIMS, 8], 0.7), variable('w2', [8, DIMS], 0.5), variable('v', [1, 8], 0.5)];
  const f = (t: Tensor, y: Tensor, [u]: readonly Tensor[]) =>
    tf.matMul(tf.tanh(tf.add(tf.add(tf.matMul(y, w1), u), tf.mul(t, v))), w2);
  const y0 = stream.split('y0').normalTensor([ROWS, DIMS]);
  const u = stream.split('u').normalTensor([ROWS, 8]);
  const weights = stream.split('weights').normalTensor([ROWS, DIMS]);
  const variables = [w1, w2, v] as Variable[];
  const loss = (start: Tensor, input: Tensor, options: Partial<OdeOptions<Tensor>>) => {
    const { y } = odeSolve<Tensor>(f, start, { to: 1.5, rtol: 1e-6, atol: 1e-6, ...options, inputs: [input], variables }); // prettier-ignore
    return tf.sum(tf.mul(tf.square(y), weights));
  };
  return { y0, u, variables, loss };
}

function gradients(options: Partial<OdeOptions<Tensor>>): Float32Array {
  const { y0, u, variables, loss } = problem();
  const { value, grads } = tf.tidy(() =>
    tf.engine().gradients(() => loss(y0, u, options), [y0, u, ...(variables as Tensor[])]),
  );
  const flat = grads.flatMap((gradient) => Array.from(gradient.dataSync()));
  tf.dispose([y0, u, value, ...grads, ...variables]);
  return Float32Array.from(flat);
}

const GRADIENTS: readonly GradientMethod[] = ['checkpointed', 'adjoint', 'direct'];

for (const grouping of ['batch', 'per-row'] as const) {
  test(`adjoints and differentiation through the steps agree, ${grouping}`, (t) => {
    const [checkpointed, adjoint, direct] = GRADIENTS.map((gradient) => gradients({ gradient, grouping }));
    const size = Math.max(...direct.map(Math.abs));
    const gap = (a: Float32Array) => Math.max(...a.map((value, i) => Math.abs(value - direct[i]))) / size;
    t.true(gap(checkpointed) < 1e-5, `checkpointed: ${gap(checkpointed)}`);
    t.true(gap(adjoint) < 1e-4, `adjoint: ${gap(adjoint)}`);
  });
}

test('gradients of methods whose last stage is not the first of the next step agree too', (t) => {
  for (const method of ['heun2', 'rk4'] as const) {
    const options = { method, steps: 12 };
    const checkpointed = gradients({ ...options, gradient: 'checkpointed' });
    const direct = gradients({ ...options, gradient: 'direct' });
    const size = Math.max(...direct.map(Math.abs));
    t.true(
      checkpointed.every((value, i) => Math.abs(value - direct[i]) < 1e-5 * size),
      method,
    );
  }
});

test('second derivatives go through the steps', (t) => {
  const { y0, u, variables, loss } = problem();
  const before = tf.memory().numTensors;
  const slope = (start: Tensor) => tf.sum(tf.square(tf.grad((x: Tensor) => loss(x, u, {}))(start)));
  const second = tf.tidy(() => tf.grad(slope)(y0)).dataSync();
  const values = y0.dataSync().slice();
  const at = 4;
  const shifted = (by: number) =>
    tf.tidy(
      () =>
        slope(
          tf.tensor(
            values.map((value, i) => (i === at ? value + by : value)),
            y0.shape,
          ),
        ).dataSync()[0],
    );
  const difference = (shifted(1e-2) - shifted(-1e-2)) / 2e-2;
  t.true(Math.abs(second[at] - difference) < 1e-2 * (1 + Math.abs(difference)), `${second[at]} against ${difference}`);
  t.is(tf.memory().numTensors, before + 1);
  tf.dispose([y0, u, ...variables]);
});

test('saved states carry gradients, and nothing is left behind', (t) => {
  const { y0, u, variables } = problem();
  const before = tf.memory().numTensors;
  const sumOf = (gradient: GradientMethod) =>
    tf.tidy(() =>
      tf
        .grad((x: Tensor) => {
          const { saved } = odeSolve<Tensor>((_, y) => tf.neg(y), x, { to: 2, saveAt: [0, 1, 2], gradient });
          return tf.sum(tf.add(tf.add(saved[0], saved[1]), saved[2]));
        })(y0)
        .dataSync(),
    );
  for (const gradient of GRADIENTS) {
    for (const value of sumOf(gradient)) t.true(Math.abs(value - (1 + Math.exp(-1) + Math.exp(-2))) < 1e-4);
  }
  t.is(tf.memory().numTensors, before);
  tf.dispose([y0, u, ...variables]);
});
