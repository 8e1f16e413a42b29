import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { Conv, FlowConfigError, RandomStream, type ConvOptions } from '../../../src/index.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';
import { perturb } from '../../support/perturb.js';
import { singularValues } from '../../support/singular-values.js';

const HEIGHT = 4;
const WIDTH = 3;

function image(channels: number, batch = 2): tf.Tensor {
  return new RandomStream('image').normalTensor([batch, HEIGHT, WIDTH, channels]);
}

/** Weight of a layer by name. */
function weight(layer: Conv, name: string): tf.Variable {
  return layer.parameters.find(({ path }) => path === name)!.variable;
}

/** The sums of a convolution, one by one. */
function byHand(x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor): number[] {
  const [batch, height, width, inputs] = x.shape as [number, number, number, number];
  const [size, , , outputs] = filter.shape as [number, number, number, number];
  const [pixels, taps, offset] = [x.dataSync(), filter.dataSync(), bias.dataSync()];
  const reach = (size - 1) / 2;
  const result = [];
  for (let b = 0; b < batch; b++)
    for (let i = 0; i < height; i++)
      for (let j = 0; j < width; j++)
        for (let o = 0; o < outputs; o++) {
          let sum = offset[o];
          for (let p = 0; p < size; p++)
            for (let q = 0; q < size; q++) {
              const [row, column] = [i + p - reach, j + q - reach];
              if (row < 0 || row >= height || column < 0 || column >= width) continue;
              for (let c = 0; c < inputs; c++) {
                const pixel = pixels[((b * height + row) * width + column) * inputs + c];
                sum += pixel * taps[((p * size + q) * inputs + c) * outputs + o];
              }
            }
          result.push(sum);
        }
  return result;
}

onEachBackend(test, 'a layer is the sum over its filter, its bias, its factor and its activation', (t) => {
  tf.tidy(() => {
    const x = image(3);
    for (const kernelSize of [1, 3, 5]) {
      const layer = new Conv({ inputs: 3, outputs: 2, kernelSize, activation: 'relu', logScale: true });
      weight(layer, 'logScale').assign(tf.tensor1d([0.1, -0.2]));
      const factors = [Math.exp(0.3), Math.exp(-0.6)];
      const sums = byHand(x, weight(layer, 'filter'), weight(layer, 'bias'));
      const expected = sums.map((sum, i) => Math.max(0, sum * factors[i % 2]));
      assertClose(t, layer.apply(x), expected, 1e-5, `size ${kernelSize}`);
      layer.dispose();
    }
  });
});

onEachBackend(test, 'initial weights are uniform in ±1/√(size² · inputs), or in the range asked for', (t) => {
  const range = (options: Partial<ConvOptions>) =>
    Math.max(
      ...new Conv({ inputs: 11, outputs: 50, ...options }).parameters.flatMap(({ variable }) => [
        ...variable.dataSync().map(Math.abs),
      ]),
    );
  const usual = 1 / Math.sqrt(99);
  t.true(range({}) <= usual && range({}) > 0.99 * usual);
  t.true(range({ initialRange: 1e-3 }) <= 1e-3);
  t.is(range({ initialRange: 0 }), 0);
});

onEachBackend(test, 'a layer starts the same with weight normalisation as without', (t) => {
  tf.tidy(() => {
    const x = image(3);
    for (const more of [{}, { initialRange: 0.01 }, { initialOutput: [1, 2] }]) {
      const [plain, normalised] = (['none', 'weight'] as const).map(
        (normalisation) => new Conv({ inputs: 3, outputs: 2, ...more, normalisation, seed: 'same' }),
      );
      assertClose(t, normalised.apply(x), plain.apply(x).dataSync(), 1e-6, JSON.stringify(more));
      // Only its direction matters.
      weight(normalised, 'filter').assign(tf.mul(weight(normalised, 'filter'), 7));
      assertClose(t, normalised.apply(x), plain.apply(x).dataSync(), 1e-6, JSON.stringify(more));
      t.true(weight(normalised, 'filter').dataSync().every((value) => value !== 0)); // prettier-ignore
    }
  });
});

/** The Jacobian of a layer with respect to one image, by rows. */
function jacobianOf(layer: Conv): Float32Array[] {
  return tf.tidy(() => {
    const pixels = HEIGHT * WIDTH * layer.inputs;
    const zero = layer.apply(tf.zeros([1, HEIGHT, WIDTH, layer.inputs]));
    const images = tf.reshape(tf.eye(pixels), [pixels, HEIGHT, WIDTH, layer.inputs]);
    const columns = tf.reshape(tf.sub(layer.apply(images), zero), [pixels, -1]);
    return tf.split(columns, pixels).map((column) => column.dataSync<'float32'>());
  });
}

onEachBackend(
  test,
  'with spectral normalisation the Lipschitz constant of a layer is bounded by its filter size',
  (t) => {
    for (const kernelSize of [1, 3]) {
      using layer = new Conv({ inputs: 3, outputs: 4, kernelSize, normalisation: 'spectral' });
      perturb(layer, 'large', 2);
      const constant = singularValues(jacobianOf(layer))[0];
      t.true(constant <= 1.01 * kernelSize, `${constant}`);
      // At size 1 pixels are mapped one by one, by the very matrix that is bounded.
      t.true(constant > (kernelSize === 1 ? 0.99 : 0.5), `${constant}`);
    }
  },
);

onEachBackend(test, 'three layers with spectral normalisation bring no two points further apart', (t) => {
  tf.tidy(() => {
    const layers = [[2, 16], [16, 16], [16, 3]].map(
      ([inputs, outputs], i) =>
        new Conv({ inputs, outputs, kernelSize: 1, activation: 'leakyRelu', normalisation: 'spectral', seed: i }),
    ); // prettier-ignore
    layers.forEach((layer) => perturb(layer, 'large', 1));
    const stream = new RandomStream('pairs');
    const [a, b] = ['a', 'b'].map((name) => stream.split(name).normalTensor([1000, 1, 1, 2]));
    const net = (x: tf.Tensor) => layers.reduce((h, layer) => layer.apply(h), x);
    const length = (difference: tf.Tensor) => tf.sqrt(tf.sum(tf.square(difference), [1, 2, 3]));
    const ratio = tf.max(tf.div(length(tf.sub(net(a), net(b))), length(tf.sub(a, b)))).dataSync()[0];
    t.true(ratio < 1 && ratio > 0.03, `${ratio}`);
  });
});

test('a convolutional layer refuses options that make no layer', (t) => {
  const good = { inputs: 2, outputs: 3 };
  const table = [
    [{ inputs: 0 }, 'Conv.inputs: expected a positive integer, got 0.'],
    [{ outputs: 1.5 }, 'Conv.outputs: expected a positive integer, got 1.5.'],
    [{ kernelSize: 2 }, 'Conv.kernelSize: expected an odd positive integer, got 2.'],
    [{ kernelSize: -1 }, 'Conv.kernelSize: expected an odd positive integer, got -1.'],
    [{ initialRange: -1 }, 'Conv.initialRange: expected a finite number of at least 0, got -1.'],
    [{ initialOutput: [1] }, 'Conv.initialOutput: expected 3 finite numbers, one an output, got 1.'],
    [{ activation: 'swish' as never }, 'Conv.activation: expected one of identity, relu'],
    [{ normalisation: 'batch' as never }, 'Conv.normalisation: expected one of none, weight, spectral, got "batch".'],
  ] as const;
  for (const [change, message] of table) {
    const error = t.throws(() => new Conv({ ...good, ...change }), { instanceOf: FlowConfigError });
    t.true(error.message.startsWith(message), error.message);
  }
});
