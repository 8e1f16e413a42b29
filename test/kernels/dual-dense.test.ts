import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { ACTIVATION_NAMES, type ActivationName } from '../../src/kernels/dense/activation.js';
import { isFused } from '../../src/kernels/dense/fused-activation.js';
import { dense } from '../../src/kernels/dense/op.js';
import { dualDense, dualDenseOp } from '../../src/kernels/dual-dense/op.js';
import { upstreamOf } from '../../src/kernels/fused/float64.js';
import { waves } from '../../src/kernels/fused/waves.js';
import type { DualDenseAttributes } from '../../src/kernels/dual-dense/spec.js';
import { instantiateSimd } from '../../src/kernels/wasm/module.js';
import { sizeOf, type Shape } from '../../src/shapes.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { inFloat64, onBackend, worst } from '../support/fused.js';

function tensor(shape: number[], size: number, phase: number): Tensor {
  return tf.tensor(waves(sizeOf(shape), size, phase), shape);
}

interface Case {
  readonly x: Tensor;
  readonly kernel: Tensor;
  readonly shift: Tensor;
}

function caseOf(batch: number, directions: number, inputs: number, outputs: number, shiftRows: number): Case {
  return {
    x: tensor([batch, 1 + directions, inputs], 1.2, 0.2),
    kernel: tensor([inputs, outputs], 0.8, 1),
    shift: tensor([shiftRows, outputs], 0.5, 2),
  };
}

/** `[batch, n]`, entry `k` along the middle axis. */
function entry(x: Tensor, k: number): Tensor {
  const [batch, , width] = x.shape as [number, number, number];
  return tf.reshape(tf.slice(x, [0, k, 0], [batch, 1, width]), [batch, width]);
}

/** `φ(x W + shift)` of plain numbers, with shifts of either form. */
function plain(x: Tensor, { kernel, shift }: Case, name: ActivationName): Tensor {
  const u = tf.add(dense(x, kernel, tf.zeros([kernel.shape[1]!])), shift);
  return dense(u, tf.eye(kernel.shape[1]!), tf.zeros([kernel.shape[1]!]), name);
}

onEachBackend(test, 'derivatives are the Jacobian of a dense layer times the directions', (t) => {
  const [batch, directions, outputs] = [5, 3, 6];
  for (const activation of ACTIVATION_NAMES) {
    for (const shiftRows of [1, batch]) {
      tf.tidy(() => {
        const at = caseOf(batch, directions, 4, outputs, shiftRows);
        const y = dualDense(at.x, at.kernel, at.shift, activation);
        t.deepEqual(y.shape, [batch, 1 + directions, outputs]);
        const what = `${activation}, shift of ${shiftRows} rows`;
        assertClose(t, entry(y, 0), plain(entry(at.x, 0), at, activation).dataSync(), 1e-6, what);
        // One row of the Jacobian an output.
        const rows = Array.from({ length: outputs }, (_, j) =>
          tf.grad((x) => tf.slice(plain(x, at, activation), [0, j], [batch, 1]))(entry(at.x, 0)),
        );
        for (let k = 1; k <= directions; k++) {
          const products = tf.stack(rows.map((row) => tf.sum(tf.mul(row, entry(at.x, k)), 1)), 1); // prettier-ignore
          assertClose(t, entry(y, k), products.dataSync(), 2e-6, `${what}, direction ${k}`);
        }
      });
    }
  }
});

onEachBackend(test, 'without directions it is a dense layer', (t) => {
  for (const activation of ACTIVATION_NAMES) {
    tf.tidy(() => {
      const { x, kernel, shift } = caseOf(6, 0, 4, 7, 1);
      const y = dualDense(x, kernel, shift, activation);
      t.deepEqual(y.shape, [6, 1, 7]);
      const expected = dense(entry(x, 0), kernel, tf.reshape(shift, [7]), activation);
      assertClose(t, entry(y, 0), expected.dataSync(), 5e-7, activation);
    });
  }
});

onEachBackend(test, 'layers one after the other give the derivative of the network', (t) => {
  tf.tidy(() => {
    const [first, second] = [caseOf(4, 2, 3, 8, 1), caseOf(4, 2, 8, 3, 4)];
    const hidden = dualDense(first.x, first.kernel, first.shift, 'tanh');
    const y = dualDense(hidden, second.kernel, second.shift, 'softplus');
    const network = (x: Tensor) => plain(plain(x, first, 'tanh'), second, 'softplus');
    const x = entry(first.x, 0);
    for (const k of [1, 2]) {
      const h = 1e-2;
      const move = (by: number) => network(tf.add(x, tf.mul(entry(first.x, k), by)));
      const difference = tf.div(tf.sub(move(h), move(-h)), 2 * h);
      assertClose(t, entry(y, k), difference.dataSync(), 1e-3, `direction ${k}`);
    }
  });
});

test('gradients of the loops are those of finite differences', (t) => {
  for (const sample of dualDenseOp.samples) {
    const { attributes, inputs } = sample;
    const { gradients, outputs } = inFloat64(dualDenseOp, sample);
    const upstream = upstreamOf(outputs[0].length, 0);
    const loss = (input: number, index: number, by: number) => {
      const moved = inputs.map((given, i) =>
        i === input ? { ...given, values: given.values.map((value, n) => (n === index ? value + by : value)) } : given,
      );
      const [y] = inFloat64(dualDenseOp, { attributes, inputs: moved }).outputs;
      return Array.from(y).reduce((sum, value, n) => sum + value * upstream[n], 0);
    };
    const h = 1e-6;
    inputs.forEach(({ shape }, input) => {
      const size = sizeOf(shape);
      // Some are enough; every one takes two runs.
      const tried = Array.from({ length: Math.min(size, 12) }, (_, i) => Math.floor((i * size) / Math.min(size, 12)));
      const expected = tried.map((index) => (loss(input, index, h) - loss(input, index, -h)) / (2 * h));
      const error = worst(tried.map((index) => gradients[input][index]), expected); // prettier-ignore
      t.true(error < 1e-7, `${JSON.stringify(attributes)} ${dualDenseOp.inputs[input]}: ${error}`);
    });
  }
});

onEachBackend(test, 'activations that are compositions have right gradients too', (t) => {
  for (const activation of ['gelu', 'silu'] as const) {
    t.false(isFused(activation));
    tf.tidy(() => {
      const { x, kernel, shift } = caseOf(3, 2, 4, 5, 3);
      const weights = tensor([3, 3, 5], 1, 3);
      const loss = (...at: Tensor[]) => tf.sum(tf.mul(dualDense(at[0], at[1], at[2], activation), weights));
      const gradients = tf.grads(loss)([x, kernel, shift]);
      [x, kernel, shift].forEach((input, i) => {
        const direction = tensor(input.shape, 1, 5 + i);
        const h = 1e-2;
        const move = (by: number) => {
          const moved = [x, kernel, shift];
          moved[i] = tf.add(input, tf.mul(direction, by));
          return loss(...moved).dataSync()[0];
        };
        const found = tf.sum(tf.mul(gradients[i], direction)).dataSync()[0];
        const expected = (move(h) - move(-h)) / (2 * h);
        t.true(
          Math.abs(found - expected) < 3e-3 * (1 + Math.abs(expected)),
          `${activation}, ${i}: ${found}, ${expected}`,
        );
      });
    });
  }
});

onEachBackend(test, 'gradients of gradients', (t) => {
  for (const activation of ACTIVATION_NAMES) {
    tf.tidy(() => {
      const { x, kernel, shift } = caseOf(3, 2, 4, 5, 1);
      const weights = tensor([3, 3, 5], 1, 3);
      const slope = (at: Tensor) =>
        tf.sum(tf.square(tf.grad((input) => tf.mul(dualDense(input, at, shift, activation), weights))(x)));
      const found = tf.grad(slope)(kernel);
      const direction = tensor(kernel.shape, 1, 5);
      const h = 1e-2;
      const move = (by: number) => slope(tf.add(kernel, tf.mul(direction, by))).dataSync()[0];
      const [along, expected] = [tf.sum(tf.mul(found, direction)).dataSync()[0], (move(h) - move(-h)) / (2 * h)];
      t.true(Math.abs(along - expected) < 5e-3 * (1 + Math.abs(expected)), `${activation}: ${along}, ${expected}`);
    });
  }
});

onEachBackend(test, 'any size agrees with float64', async (t) => {
  for (const activation of ['identity', 'tanh', 'softplus'] as const) {
    for (const [batch, entries, inputs, outputs] of [
      [1, 1, 1, 1],
      [1, 3, 2, 3],
      [2, 2, 9, 17],
      [0, 3, 2, 4],
      [33, 4, 16, 32],
    ]) {
      for (const shiftPerRow of [false, true]) {
        const shapes = [[batch, entries, inputs], [inputs, outputs], [shiftPerRow ? batch : 1, outputs]]; // prettier-ignore
        const sample = {
          attributes: { activation, shiftPerRow },
          inputs: shapes.map((shape, i) => ({ shape, values: waves(sizeOf(shape), i === 1 ? 0.4 : 1, i) })),
        };
        const [found, exact] = [await onBackend(dualDenseOp, sample), inFloat64(dualDenseOp, sample)];
        const what = `${activation} ${shapes.map((shape) => shape.join('x')).join(' ')}`;
        t.true(worst(found.outputs[0], exact.outputs[0]) < 1e-5, what);
        found.gradients.forEach((g, i) => t.true(worst(g, exact.gradients[i]) < 1e-4, `${what}, gradient ${i}`));
      }
    }
  }
});

onEachBackend(test, 'nothing is left behind', (t) => {
  const { x, kernel, shift } = caseOf(3, 2, 4, 5, 1);
  const before = tf.memory().numTensors;
  for (const activation of ['tanh', 'silu'] as const) {
    tf.dispose(tf.tidy(() => tf.grads((...at: Tensor[]) => dualDense(at[0], at[1], at[2], activation))([x, kernel, shift]))); // prettier-ignore
    tf.dispose(dualDense(x, kernel, shift, activation));
  }
  t.is(tf.memory().numTensors, before);
  tf.dispose([x, kernel, shift]);
});

test('gradients that nobody reads cost no call and are not needed by the others', (t) => {
  const shapes: Shape[] = [[5, 3, 6], [6, 7], [5, 3, 7], [5, 3, 7]]; // prettier-ignore
  const attributes: DualDenseAttributes = { activation: 'tanh', shiftPerRow: false };
  const outputShapes = dualDenseOp.gradient!.outputShapes(shapes, attributes);
  const gradientsOf = (wanted: readonly boolean[]) => {
    const memory = new WebAssembly.Memory({ initial: 16 });
    let next = 64;
    const allocate = (floats: number) => (next += 4 * floats + 64) - 4 * floats - 64;
    const inputs = shapes.map((shape, i) => {
      const address = allocate(sizeOf(shape));
      new Float32Array(memory.buffer, address).set(waves(sizeOf(shape), 0.9, i));
      return address;
    });
    const outputs = outputShapes.map((shape, i) => (wanted[i] ? allocate(sizeOf(shape)) : null));
    const calls = dualDenseOp.gradient!.wasm!({ inputs, inputShapes: shapes, outputs, scratch: allocate }, attributes);
    const functions = instantiateSimd(memory);
    for (const [name, ...args] of calls) functions[name](...args);
    const read = (address: number | null, i: number) =>
      address === null ? null : [...new Float32Array(memory.buffer, address, sizeOf(outputShapes[i]))];
    return { calls: calls.length, results: outputs.map(read) };
  };
  const all = gradientsOf([true, true, true]);
  t.is(all.calls, 4);
  for (const only of [0, 1, 2]) {
    const one = gradientsOf([0, 1, 2].map((i) => i === only));
    t.is(one.calls, 2);
    t.deepEqual(one.results[only], all.results[only]);
  }
});
