import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D, TensorInfo } from '@tensorflow/tfjs-core';
import test from 'ava';
import { RandomStream, ready } from '../../../src/index.js';
import { CONVOLUTION_GRADIENTS } from '../../../src/kernels/stock-repairs/convolution.js';
import { runConvolutionGradient } from '../../../src/kernels/stock-repairs/convolution-kernels.js';
import type { WasmBackend } from '../../../src/kernels/fused/wasm.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';

interface Case {
  readonly image: [number, number, number, number];
  readonly filter: [number, number, number, number];
  readonly stride: number | [number, number];
  readonly pad: 'same' | 'valid' | number;
}

const DENSE: readonly Case[] = [
  { image: [2, 6, 5, 3], filter: [3, 3, 3, 4], stride: 1, pad: 'same' },
  { image: [2, 6, 5, 4], filter: [3, 3, 4, 7], stride: 2, pad: 'same' },
  { image: [1, 7, 7, 1], filter: [3, 3, 1, 1], stride: 2, pad: 'valid' },
  { image: [3, 5, 4, 6], filter: [1, 1, 6, 9], stride: 1, pad: 'same' },
  { image: [1, 5, 4, 5], filter: [1, 1, 5, 8], stride: 2, pad: 'valid' },
  { image: [2, 4, 4, 2], filter: [5, 2, 2, 3], stride: [1, 3], pad: 'same' },
  { image: [2, 3, 3, 2], filter: [3, 3, 2, 2], stride: 1, pad: 2 },
  { image: [40, 9, 9, 13], filter: [3, 3, 13, 10], stride: 1, pad: 'same' },
  { image: [0, 6, 5, 3], filter: [3, 3, 3, 4], stride: 1, pad: 'same' },
];

/** Filters `[height, width, channels, multiplier]`. */
const DEPTHWISE: readonly Case[] = [
  { image: [2, 6, 5, 3], filter: [3, 3, 3, 1], stride: 1, pad: 'same' },
  { image: [2, 6, 7, 9], filter: [3, 3, 9, 1], stride: 2, pad: 'same' },
  { image: [1, 5, 5, 4], filter: [3, 2, 4, 3], stride: 1, pad: 'valid' },
  { image: [2, 5, 4, 5], filter: [1, 1, 5, 2], stride: 1, pad: 'same' },
  { image: [0, 5, 5, 2], filter: [3, 3, 2, 1], stride: 1, pad: 'same' },
];

/** Images, filters and weights of the loss `Σ w y`, with sizes of the convolution. */
function problem(c: Case, depthwise: boolean) {
  const stream = new RandomStream(JSON.stringify(c));
  const [sh, sw] = typeof c.stride === 'number' ? [c.stride, c.stride] : c.stride;
  const along = (size: number, k: number, stride: number) => {
    if (c.pad === 'same') {
      const out = Math.ceil(size / stride);
      return { out, before: Math.floor(Math.max(0, (out - 1) * stride + k - size) / 2) };
    }
    const before = c.pad === 'valid' ? 0 : c.pad;
    return { out: Math.floor((size + 2 * before - k) / stride) + 1, before };
  };
  const [vertical, horizontal] = [along(c.image[1], c.filter[0], sh), along(c.image[2], c.filter[1], sw)];
  const outChannels = depthwise ? c.filter[2] * c.filter[3] : c.filter[3];
  const out = [c.image[0], vertical.out, horizontal.out, outChannels];
  const numbers = (shape: readonly number[]) => Float32Array.from(stream.normal(tf.util.sizeFromShape([...shape])));
  return {
    ...{ sh, sw, out, top: vertical.before, left: horizontal.before },
    ...{ x: numbers(c.image), filter: numbers(c.filter), w: numbers(out) },
  };
}

/** Both gradients in float64, straight from the definition of the convolution. */
function gradientsInFloat64(c: Case, p: ReturnType<typeof problem>, depthwise: boolean) {
  const [batch, height, width, channels] = c.image;
  const [kh, kw, , last] = c.filter;
  const dx = new Float64Array(p.x.length);
  const dFilter = new Float64Array(p.filter.length);
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < p.out[1]; i++) {
      for (let j = 0; j < p.out[2]; j++) {
        for (let a = 0; a < kh; a++) {
          for (let b = 0; b < kw; b++) {
            const [y, z] = [i * p.sh - p.top + a, j * p.sw - p.left + b];
            if (y < 0 || y >= height || z < 0 || z >= width) continue;
            for (let ci = 0; ci < channels; ci++) {
              for (let co = 0; co < last; co++) {
                const pixel = ((n * height + y) * width + z) * channels + ci;
                const tap = ((a * kw + b) * channels + ci) * last + co;
                const o = depthwise ? ci * last + co : co;
                const upstream = p.w[((n * p.out[1] + i) * p.out[2] + j) * p.out[3] + o];
                dx[pixel] += p.filter[tap] * upstream;
                dFilter[tap] += p.x[pixel] * upstream;
              }
            }
          }
        }
      }
    }
  }
  return { dx, dFilter };
}

for (const [kind, cases] of [
  ['conv2d', DENSE],
  ['depthwiseConv2d', DEPTHWISE],
] as const) {
  // prettier-ignore
  const depthwise = kind === 'depthwiseConv2d';
  for (const c of cases) {
    const name = `${kind} of ${c.image.join('x')} by ${c.filter.join('x')}, stride ${String(c.stride)}, pad ${c.pad}`;
    onEachBackend(test, `gradients of ${name}`, (t) => {
      const p = problem(c, depthwise);
      const exact = gradientsInFloat64(c, p, depthwise);
      tf.tidy(() => {
        const loss = (x: Tensor, filter: Tensor) => {
          const y = tf[kind](x as Tensor4D, filter as Tensor4D, c.stride, c.pad);
          t.deepEqual(y.shape, p.out as never);
          return tf.sum(tf.mul(y, tf.tensor(p.w, p.out)));
        };
        const [dx, dFilter] = tf.grads(loss)([tf.tensor(p.x, c.image), tf.tensor(p.filter, c.filter)]);
        assertClose(t, dx, exact.dx, 1e-5, 'images');
        assertClose(t, dFilter, exact.dFilter, 1e-4, 'filter');
      });
    });
  }
}

test.serial('the loops for engines without SIMD give the same', async (t) => {
  await ready({ backend: 'wasm' });
  for (const gradient of CONVOLUTION_GRADIENTS) {
    for (const c of gradient.depthwise ? DEPTHWISE : DENSE) {
      const p = problem(c, gradient.depthwise);
      const exact = gradientsInFloat64(c, p, gradient.depthwise);
      tf.tidy(() => {
        const tensors: Record<string, Tensor> = {
          x: tf.tensor(p.x, c.image),
          filter: tf.tensor(p.filter, c.filter),
          dy: tf.tensor(p.w, p.out),
        };
        const attributes = { strides: c.stride, pad: c.pad, inputShape: c.image, filterShape: c.filter };
        const inputs = gradient.inputs.map((input): TensorInfo => tensors[input]);
        const wasm = tf.backend() as unknown as WasmBackend;
        const result = runConvolutionGradient(gradient, inputs, attributes, wasm, null);
        const expected = gradient.target === 'image' ? exact.dx : exact.dFilter;
        assertClose(t, tf.engine().makeTensorFromTensorInfo(result), expected, 1e-5, gradient.kernelName);
      });
    }
  }
});

onEachBackend(test, 'second derivatives of conv2d', (t) => {
  // The loss is cubic in images and filters: gradients of ‖∂L/∂x‖² and ‖∂L/∂W‖² against central differences.
  const c: Case = { image: [2, 4, 3, 2], filter: [3, 3, 2, 3], stride: 1, pad: 'same' };
  const p = problem(c, false);
  tf.tidy(() => {
    const parts = [tf.tensor(p.x, c.image), tf.tensor(p.filter, c.filter)];
    const loss = (x: Tensor, w: Tensor) => tf.sum(tf.square(tf.conv2d(x as Tensor4D, w as Tensor4D, 1, 'same')));
    const squares = (x: Tensor, w: Tensor): Tensor => {
      const [dx, dw] = tf.grads(loss)([x, w]);
      return tf.add(tf.sum(tf.square(dx)), tf.sum(tf.square(dw)));
    };
    const gradients = tf.grads(squares)(parts);
    for (const [i, part] of parts.entries()) {
      const direction = new RandomStream(`direction ${i}`).normalTensor(part.shape);
      const at = (h: number) =>
        squares(...(parts.map((other, j) => (j === i ? tf.add(other, tf.mul(direction, h)) : other)) as [Tensor, Tensor])).dataSync()[0]; // prettier-ignore
      const slope = (at(0.01) - at(-0.01)) / 0.02;
      const along = tf.sum(tf.mul(gradients[i], direction)).dataSync()[0];
      assertClose(t, [along / slope], [1], 5e-3, ['images', 'filter'][i]);
    }
  });
});

test.serial('what wasm does not support is said', async (t) => {
  await ready({ backend: 'wasm' });
  tf.tidy(() => {
    const [x, dy] = [tf.zeros([1, 2, 4, 4]), tf.zeros([1, 3, 4, 4])];
    const sizes = { strides: [1, 1], pad: 'same', filterShape: [3, 3, 2, 3] };
    const run = (attributes: object) => () =>
      tf.engine().runKernel(tf.Conv2DBackpropFilter, { x, dy }, { ...sizes, ...attributes });
    t.throws(run({ dataFormat: 'NCHW' }), { message: /NHWC on wasm, not NCHW/ });
    t.throws(run({ dilations: [2, 2] }), { message: /no gradient for dilation rates other than 1/ });
  });
});

onEachBackend(test, 'no tensor is left behind', (t) => {
  const [x, w] = [tf.ones<tf.Rank.R4>([1, 4, 4, 2]), tf.ones<tf.Rank.R4>([3, 3, 2, 2])];
  const before = tf.memory();
  tf.dispose(tf.grads((a: Tensor, b: Tensor) => tf.sum(tf.conv2d(a as Tensor4D, b as Tensor4D, 1, 'same')))([x, w]));
  tf.dispose(tf.grads((a: Tensor, b: Tensor) => tf.sum(tf.depthwiseConv2d(a as Tensor4D, b as Tensor4D, 1, 'same')))([x, w])); // prettier-ignore
  t.is(tf.memory().numTensors, before.numTensors);
  t.is(tf.memory().numDataBuffers, before.numDataBuffers);
  tf.dispose([x, w]);
});

/** Losses of a net of two convolutions, trained by gradient descent to copy a fixed one. */
function trainSmallNet(): number[] {
  const stream = new RandomStream('small net');
  const normal = (shape: number[], scale: number) => tf.mul(stream.normalTensor(shape), scale);
  const x = normal([8, 6, 6, 2], 1) as Tensor4D;
  const target = normal([8, 3, 3, 2], 1);
  const [first, second] = [tf.variable(normal([3, 3, 2, 5], 0.3)), tf.variable(normal([3, 3, 5, 2], 0.2))];
  const loss = () => {
    const hidden = tf.tanh(tf.conv2d(x, first as Tensor4D, 1, 'same'));
    return tf.mean<tf.Scalar>(tf.square(tf.sub(tf.conv2d(hidden, second as Tensor4D, 2, 'same'), target)));
  };
  const losses: number[] = [];
  for (let step = 0; step < 20; step++) {
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(loss, [first, second] as tf.Variable[]);
      losses.push(value.dataSync()[0]);
      for (const variable of [first, second]) variable.assign(tf.sub(variable, tf.mul(grads[variable.name], 0.3)));
    });
  }
  tf.dispose([x, target, first, second]);
  return losses;
}

const curves = new Map<string, number[]>();
onEachBackend(test, 'a net of two convolutions learns, alike on all backends', (t, backend) => {
  const losses = trainSmallNet();
  curves.set(backend, losses);
  t.true(losses.at(-1)! < 0.8 * losses[0], `from ${losses[0]} to ${losses.at(-1)}`);
  for (const other of curves.values()) assertClose(t, losses, other, 1e-4, 'loss curve');
});
