import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  CausalTransformer,
  FlowConfigError,
  LayerNorm,
  MultiHeadAttention,
  RandomStream,
  RMSNorm,
  TransformerBlock,
  VisionTransformer,
} from '../../../src/index.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';
import { perturb } from '../../support/perturb.js';

const random = (name: string, shape: number[]): Tensor => new RandomStream(name).normalTensor(shape);

onEachBackend(test, 'norms act on the last axis, with a trained gain and, in layer norm, bias', (t) => {
  tf.tidy(() => {
    const x = random('x', [2, 3, 5]);
    const layer = new LayerNorm({ width: 5 });
    const rms = new RMSNorm({ width: 5 });
    t.deepEqual(layer.parameters.map(({ path }) => path), ['gain', 'bias']); // prettier-ignore
    t.deepEqual(rms.parameters.map(({ path }) => path), ['gain']); // prettier-ignore
    const { mean, variance } = tf.moments(x, 2, true);
    const expected = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5)));
    assertClose(t, layer.apply(x), expected, 1e-5);
    const meanSquare = tf.mean(tf.square(x), 2, true);
    assertClose(t, rms.apply(x), tf.div(x, tf.sqrt(tf.add(meanSquare, 1e-5))), 1e-5);
    perturb(layer, 'layer');
    const [gain, bias] = layer.parameters.map(({ variable }) => variable);
    assertClose(t, layer.apply(x), tf.add(tf.mul(expected, gain), bias), 1e-5);
    layer.dispose();
    rms.dispose();
  });
});

onEachBackend(test, 'attention without order: tokens exchanged go in and come out exchanged', (t) => {
  tf.tidy(() => {
    const layer = new MultiHeadAttention({ width: 6, heads: 3, qkNorm: true });
    perturb(layer, 'attention');
    const x = random('x', [2, 5, 6]);
    assertClose(t, layer.apply(tf.reverse(x, 1)), tf.reverse(layer.apply(x), 1), 1e-5);
    layer.dispose();
  });
});

onEachBackend(test, 'with normalised queries and keys, scores do not depend on the size of the tokens', (t) => {
  tf.tidy(() => {
    const layer = new MultiHeadAttention({ width: 4, heads: 2, qkNorm: true });
    for (const { path, variable } of layer.parameters) if (path.endsWith('bias')) variable.assign(tf.zerosLike(variable)); // prettier-ignore
    const x = random('x', [1, 5, 4]);
    assertClose(t, tf.div(layer.apply(tf.mul(x, 1000)), 1000), layer.apply(x), 1e-3);
    layer.dispose();
  });
});

onEachBackend(test, 'causal blocks see nothing of later tokens, and can be extended token by token', (t) => {
  tf.tidy(() => {
    const block = new TransformerBlock({ width: 8, heads: 2, causal: true, norm: 'rms', qkNorm: true });
    perturb(block, 'block');
    const x = random('x', [3, 6, 8]);
    const all = block.apply(x);
    const changed = tf.concat([tf.slice(x, [0, 0, 0], [3, 4, 8]), tf.ones([3, 2, 8])], 1);
    const begin = (y: Tensor) => tf.slice(y, [0, 0, 0], [3, 4, 8]).dataSync();
    t.deepEqual(begin(block.apply(changed)), begin(all));
    const [first, known] = block.extend(tf.slice(x, [0, 0, 0], [3, 2, 8]), null);
    const [rest, more] = block.extend(tf.slice(x, [0, 2, 0], [3, 4, 8]), known);
    assertClose(t, tf.concat([first, rest], 1), all, 1e-5);
    t.deepEqual(more[0].shape, [3, 2, 6, 4]);
    block.dispose();
  });
});

onEachBackend(test, 'outputs of a causal transformer depend on the tokens before alone', (t) => {
  tf.tidy(() => {
    const net = new CausalTransformer({ tokens: 5, inputs: 2, outputs: 3, width: 8, depth: 2, heads: 2 });
    perturb(net, 'causal');
    const x = random('x', [1, 5, 2]);
    for (let i = 0; i < 5; i++) {
      const gradient = tf.grad((at) => tf.sum(tf.square(tf.slice(net.apply(at), [0, i, 0], [1, 1, 3]))))(x);
      const reached = [...tf.sum(tf.abs(gradient), 2).dataSync()].map((size) => size > 0);
      t.deepEqual(reached, Array.from({ length: 5 }, (_, j) => j < i), `token ${i}`); // prettier-ignore
    }
    net.dispose();
  });
});

onEachBackend(test, 'a causal transformer gives the same token by token', (t) => {
  tf.tidy(() => {
    const net = new CausalTransformer({ tokens: 6, inputs: 2, outputs: 3, width: 8, depth: 2, heads: 2, contextShape: [2] }); // prettier-ignore
    perturb(net, 'stepwise');
    const [x, context] = [random('x', [4, 6, 2]), random('context', [4, 2])];
    const outputs = [net.first(4)];
    let known: Parameters<typeof net.next>[3] = null;
    for (let i = 0; i < 5; i++) {
      const step: ReturnType<typeof net.next> = net.next(tf.slice(x, [0, i, 0], [4, 1, 2]), i, context, known);
      outputs.push(step[0]);
      known = step[1];
    }
    assertClose(t, tf.concat(outputs, 1), net.apply(x, context), 1e-5);
    net.dispose();
  });
});

onEachBackend(test, 'position embeddings start with deviation 1 / √width', (t) => {
  tf.tidy(() => {
    const net = new VisionTransformer({ tokens: 64, inputs: 2, outputs: 2, width: 16, depth: 0, heads: 1 });
    const { variable } = net.parameters.find(({ path }) => path === 'positions')!;
    const [deviation] = tf.sqrt(tf.mean(tf.square(variable))).dataSync();
    t.true(Math.abs(deviation - 0.25) < 0.02, `${deviation}`);
    net.dispose();
  });
});

test('parameter counts are those of the layers', (t) => {
  const layer = (inputs: number, outputs: number) => (inputs + 1) * outputs;
  const options = { tokens: 5, inputs: 3, outputs: 4, width: 8, depth: 2, heads: 2, contextShape: [2] };
  const block = 2 * 16 + layer(8, 24) + layer(8, 8) + layer(8, 32) + layer(32, 8);
  const ends = layer(3, 8) + layer(2, 8) + 16 + layer(8, 4);
  const vision = new VisionTransformer(options);
  const causal = new CausalTransformer({ ...options, norm: 'rms', qkNorm: true });
  t.is(vision.parameterCount, ends + 5 * 8 + 2 * block);
  t.is(causal.parameterCount, ends - 8 + 4 * 8 + 2 * (block - 16 + 8));
  t.is(vision.hiddenWidth, 8);
  vision.dispose();
  causal.dispose();
});

const VIT = { tokens: 4, inputs: 2, outputs: 2, width: 8, depth: 1, heads: 2 };
const REFUSED = [
  [LayerNorm, { width: 0 }, 'LayerNorm.width: expected a positive integer, got 0.'],
  [LayerNorm, { width: 2, epsilon: 0 }, 'LayerNorm.epsilon: expected a positive number, got 0.'],
  [RMSNorm, { width: 2, epsilon: NaN }, 'RMSNorm.epsilon: expected a positive number, got NaN.'],
  [RMSNorm, { width: 1.5 }, 'RMSNorm.width: expected a positive integer, got 1.5.'],
  [MultiHeadAttention, { width: 6, heads: 4 }, 'MultiHeadAttention.heads: expected a divisor of the width 6, got 4.'],
  [MultiHeadAttention, { width: 6, heads: 0 }, 'MultiHeadAttention.heads: expected a positive integer, got 0.'],
  [TransformerBlock, { width: 6, heads: 2, norm: 'batch' }, "TransformerBlock.norm: expected 'layer' or 'rms', got 'batch'."],
  [TransformerBlock, { width: 6, heads: 2, mlpRatio: 0 }, 'TransformerBlock.mlpRatio: expected a positive integer, got 0.'],
  [VisionTransformer, { ...VIT, tokens: 0 }, 'VisionTransformer.tokens: expected a positive integer, got 0.'],
  [VisionTransformer, { ...VIT, inputs: 0 }, 'VisionTransformer.inputs: expected a positive integer, got 0.'],
  [VisionTransformer, { ...VIT, outputs: 0 }, 'VisionTransformer.outputs: expected a positive integer, got 0.'],
  [VisionTransformer, { ...VIT, depth: -1 }, 'VisionTransformer.depth: expected an integer of at least 0, got -1.'],
  [VisionTransformer, { ...VIT, initialOutput: [0] }, 'VisionTransformer.initialOutput: expected 2 finite numbers'],
  [VisionTransformer, { ...VIT, contextShape: [0] }, 'VisionTransformer.contextShape: expected a shape of positive'],
  [CausalTransformer, { ...VIT, tokens: 1 }, 'CausalTransformer.tokens: expected an integer of at least 2, got 1.'],
  [CausalTransformer, { ...VIT, heads: 3 }, 'CausalTransformer.heads: expected a divisor of the width 8, got 3.'],
] as const; // prettier-ignore

for (const [Class, options, message] of REFUSED) {
  test(`${Class.className} refuses ${JSON.stringify(options)}: ${message}`, (t) => {
    const error = t.throws(() => new Class(options as never), { instanceOf: FlowConfigError });
    t.true(error.message.startsWith(message), error.message);
  });
}
