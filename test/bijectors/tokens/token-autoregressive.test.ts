import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  CausalTransformer,
  FlowConfigError,
  RandomStream,
  TokenAutoregressive,
  type TokenAutoregressiveOptions,
  type TokenConditionerRequest,
} from '../../../src/index.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';
import { countKernels } from '../../support/count-kernels.js';
import { perturb } from '../../support/perturb.js';

const small = (request: TokenConditionerRequest) => new CausalTransformer({ ...request, width: 8, depth: 2, heads: 2, seed: 'causal' }); // prettier-ignore

function layerOf(options: Partial<TokenAutoregressiveOptions> = {}): TokenAutoregressive {
  return new TokenAutoregressive({ tokens: 5, channels: 2, conditioner: small, ...options });
}

/** The layer without caches: every token from a pass over all that are known. */
function plainForward(layer: TokenAutoregressive, z: Tensor, flip: boolean): Tensor {
  const [batch, tokens] = z.shape;
  let x: Tensor = tf.zerosLike(z);
  for (let i = 0; i < tokens!; i++) {
    // Of tokens before i, x is right by now; token i of the inverse is affine in x_i alone.
    const at = flip ? tokens! - 1 - i : i;
    const only = tf.reshape(tf.oneHot(tf.tensor1d([at], 'int32'), tokens!), [1, tokens!, 1]);
    const mask = tf.mul(tf.ones([batch, tokens!, 1]), only);
    const zero = layer.inverse(tf.mul(x, tf.sub(1, mask)));
    const one = layer.inverse(tf.add(tf.mul(x, tf.sub(1, mask)), mask));
    const value = tf.div(tf.sub(z, zero), tf.add(tf.sub(one, zero), tf.sub(1, mask)));
    x = tf.add(tf.mul(x, tf.sub(1, mask)), tf.mul(value, mask));
  }
  return x;
}

for (const flip of [false, true]) {
  const name = flip ? 'backward' : 'in reading order';

  onEachBackend(test, `${name}: the identity at first, and invertible ever after`, (t) => {
    using layer = layerOf({ flip });
    tf.tidy(() => {
      const x = new RandomStream('x').normalTensor([3, 5, 2]);
      assertClose(t, layer.inverse(x), x, 0);
      assertClose(t, layer.forwardAndLogDet(x)[1], [0, 0, 0], 0);
      perturb(layer, 'weights');
      const [z, there] = layer.inverseAndLogDet(x);
      const [again, back] = layer.forwardAndLogDet(z);
      assertClose(t, again, x, 1e-4);
      assertClose(t, back, tf.neg(there), 1e-4);
    });
  });

  onEachBackend(
    test,
    `${name}: the Jacobian is block triangular, and the log-determinant that of its diagonal`,
    (t) => {
      using layer = layerOf({ flip });
      perturb(layer, 'jacobian');
      tf.tidy(() => {
        const x = new RandomStream('x').normalTensor([1, 5, 2]);
        let logDet = 0;
        for (let row = 0; row < 10; row++) {
          const output = (at: Tensor) => tf.sum(tf.slice(tf.reshape(layer.inverse(at), [10]), row, 1));
          const slopes = tf.grad(output)(x).dataSync();
          const place = (entry: number) => (flip ? 4 - Math.floor(entry / 2) : Math.floor(entry / 2));
          for (let column = 0; column < 10; column++) {
            const before = place(column) < place(row);
            if (column === row) logDet += Math.log(slopes[column]);
            else if (before) t.not(slopes[column], 0, `${row}, ${column}`);
            else t.is(Math.abs(slopes[column]), 0, `${row}, ${column}`);
          }
        }
        assertClose(t, layer.inverseAndLogDet(x)[1], [logDet], 1e-4);
      });
    },
  );

  onEachBackend(test, `${name}: with keys and values kept, samples are those of whole passes`, (t) => {
    using layer = layerOf({ flip });
    perturb(layer, 'cache', 0.2);
    tf.tidy(() => {
      const z = new RandomStream('z').normalTensor([3, 5, 2]);
      assertClose(t, layer.forward(z), plainForward(layer, z, flip), 1e-5);
    });
  });
}

onEachBackend(test, 'gradients of generation match differences', (t) => {
  using layer = layerOf({ softClip: 3 });
  perturb(layer, 'gradient', 0.2);
  tf.tidy(() => {
    const [z, direction] = ['z', 'd'].map((name) => new RandomStream(name).normalTensor([2, 5, 2]));
    const loss = (at: Tensor): Tensor => tf.sum(tf.square(layer.forward(at)));
    const [found] = tf.sum(tf.mul(tf.grad(loss)(z), direction)).dataSync();
    const shifted = (by: number) => loss(tf.add(z, tf.mul(direction, by))).dataSync()[0];
    const slope = (shifted(2e-3) - shifted(-2e-3)) / 4e-3;
    t.true(Math.abs(found - slope) < 1e-2 * (1 + Math.abs(slope)), `${found} and ${slope}`);
  });
});

onEachBackend(test, 'each further token costs the same number of kernels, and nothing is left behind', (t) => {
  const kernels = (tokens: number) => {
    using layer = layerOf({ tokens });
    const z = tf.zeros([2, tokens, 2]);
    const before = tf.memory().numTensors;
    let x: Tensor;
    const count = countKernels(() => (x = layer.forward(z)));
    t.is(tf.memory().numTensors, before + 1);
    tf.dispose([x!, z]);
    return count;
  };
  const [four, five, six] = [4, 5, 6].map(kernels);
  t.is(six - five, five - four);
});

onEachBackend(test, 'a soft clip bounds the scale', (t) => {
  using layer = layerOf({ softClip: 0.5 });
  perturb(layer, 'wild', 20);
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([4, 5, 2]);
    const [, logDet] = layer.inverseAndLogDet(x);
    t.true(logDet.dataSync().every((value) => Math.abs(value) <= 0.5 * 8 + 1e-4));
    assertClose(t, layer.forward(layer.inverse(x)), x, 1e-4);
  });
});

test('options that make no layer are refused', (t) => {
  const table = [
    [{ tokens: 1 }, 'TokenAutoregressive.tokens: expected an integer of at least 2, got 1.'],
    [{ channels: 0 }, 'TokenAutoregressive.channels: expected a positive integer, got 0.'],
    [{ softClip: 0 }, 'TokenAutoregressive.softClip: expected a positive number, or null, got 0.'],
    [
      { conditioner: (request: TokenConditionerRequest) => small({ ...request, tokens: 4 }) },
      'TokenAutoregressive: expected a causal conditioner on 5 tokens, from 2 inputs to 4 outputs each, got 4 tokens, 2 to 4.',
    ],
  ] as const;
  for (const [options, message] of table) {
    const error = t.throws(() => layerOf(options), { instanceOf: FlowConfigError });
    t.true(error.message.startsWith(message), error.message);
  }
});
