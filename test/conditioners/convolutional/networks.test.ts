import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { ConvNet, RandomStream, ResidualConvNet, type Conditioner } from '../../../src/index.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';
import { perturb } from '../../support/perturb.js';

const INPUTS = 2;
const OUTPUTS = 3;

function images(batch: number, size = 4, channels = INPUTS): tf.Tensor {
  return new RandomStream('images').normalTensor([batch, size, size, channels]);
}

const NETWORKS: [string, number, (more: object) => Conditioner][] = [
  ['ConvNet', 2, (more) => new ConvNet({ inputs: INPUTS, outputs: OUTPUTS, hidden: [5, 5], activation: 'tanh', ...more })],
  ['ResidualConvNet', 2, (more) => new ResidualConvNet({ inputs: INPUTS, outputs: OUTPUTS, hidden: 5, blocks: 1, activation: 'tanh', ...more })],
]; // prettier-ignore

for (const [name, reach, build] of NETWORKS) {
  onEachBackend(test, `${name}: a pixel is seen where the filters reach it, and nowhere else`, (t) => {
    tf.tidy(() => {
      const net = build({});
      perturb(net, 'reach');
      const size = 8;
      const x = images(1, size);
      const pixel = tf.buffer([1, size, size, INPUTS]);
      pixel.set(1, 0, 5, 1, 0);
      const change = tf.sub(net.apply(tf.add(x, pixel.toTensor())), net.apply(x));
      const moved = tf.max(tf.abs(change), 3).dataSync();
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) {
          const near = Math.max(Math.abs(i - 5), Math.abs(j - 1)) <= reach;
          t.is(moved[i * size + j] > 0, near, `row ${i}, column ${j}`);
        }
      }
    });
  });

  onEachBackend(test, `${name}: images of any size are mapped, and the context reaches every pixel of its own`, (t) => {
    tf.tidy(() => {
      const net = build({ contextShape: [2, 2] });
      perturb(net, 'context');
      const contexts = new RandomStream('contexts').normalTensor([3, 2, 2]);
      for (const size of [1, 2, 5]) {
        const x = images(3, size);
        const before = net.apply(x, contexts);
        t.deepEqual(before.shape, [3, size, size, OUTPUTS]);
        const other = tf.add(contexts, tf.tensor3d([0, 1, 0], [3, 1, 1]));
        const moved = tf.min(tf.abs(tf.sub(net.apply(x, other), before)), [1, 2, 3]).dataSync();
        t.true(moved[0] === 0 && moved[1] > 0 && moved[2] === 0, moved.join());
      }
    });
  });
}

onEachBackend(test, 'filters of the default ConvNet are 3x3 at both ends and 1x1 between', (t) => {
  using net = new ConvNet({ inputs: 2, outputs: 3, hidden: [4, 5, 6] });
  const sizes = net.parameters.filter(({ path }) => path.endsWith('filter')).map(({ variable }) => variable.shape);
  t.deepEqual(sizes, [[3, 3, 2, 4], [1, 1, 4, 5], [1, 1, 5, 6], [3, 3, 6, 3]]); // prettier-ignore
  t.is(net.hiddenWidth, 6);
  t.is(new ResidualConvNet({ inputs: 2, outputs: 3, hidden: 7 }).hiddenWidth, 7);
});

/** Norm of the gradient of `Σ weight · output` with respect to all weights. */
function gradientNorm(net: Conditioner, x: tf.Tensor): number {
  return tf.tidy(() => {
    const weights = new RandomStream('upstream').normalTensor([...x.shape.slice(0, 3), net.outputs]);
    const { grads } = tf.variableGrads(() => tf.sum<tf.Scalar>(tf.mul(net.apply(x), weights)), net.trainableVariables);
    const squares = Object.values(grads).map((gradient) => tf.sum(tf.square(gradient)).dataSync()[0]);
    return Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
  });
}

onEachBackend(test, 'with fixup a hundred blocks start as ten do: the same output, gradients of the same size', (t) => {
  const initialOutput = [0.5, -1, 2];
  const options = { inputs: INPUTS, outputs: OUTPUTS, hidden: 6, normalisation: 'fixup' as const };
  using shallow = new ResidualConvNet({ ...options, blocks: 10, initialOutput });
  using deep = new ResidualConvNet({ ...options, blocks: 100, initialOutput });
  tf.tidy(() => {
    const x = images(2);
    t.deepEqual([...deep.apply(x).dataSync()], Array.from({ length: 32 }, () => initialOutput).flat());
    for (const net of [shallow, deep]) {
      // The last layer lets nothing through to the blocks before it has moved.
      const output = net.parameters.find(({ path }) => path === 'output.filter')!.variable;
      output.assign(new RandomStream('output').normalTensor(output.shape));
    }
    const ratio = gradientNorm(deep, x) / gradientNorm(shallow, x);
    t.true(ratio > 1 / 3 && ratio < 3, `${ratio}`);
  });
});

onEachBackend(test, 'with fixup the untrained network emits zero unless asked for something else', (t) => {
  using net = new ResidualConvNet({ inputs: 2, outputs: 3, hidden: 4, normalisation: 'fixup', contextShape: [1] });
  tf.tidy(() => assertClose(t, net.apply(images(2), tf.ones([2, 1])), new Float32Array(96), 0));
});
