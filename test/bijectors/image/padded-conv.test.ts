import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  Conv1x1,
  Flow,
  FlowConfigError,
  FlowNumericsError,
  FlowShapeError,
  Invert,
  Normal,
  PaddedConv,
  RandomStream,
  type Corner,
  type PaddedConvOptions,
} from '../../../src/index.js';
import { iterateNilpotent } from '../../../src/bijectors/image/padded-solvers.js';
import { paddedConvolution } from '../../../src/kernels/padded-convolution/op.js';
import { assignParameters } from '../../../src/module.js';
import { logAbsDet } from '../../contract/numerics.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';
import { countKernels } from '../../support/count-kernels.js';
import { golden } from '../../support/golden.js';
import { channelsLast, matrixColumns } from '../../support/images.js';
import { PADDED_PROBLEMS, paddedDifferences, someEntries } from '../../support/padded-problem.js';
import { perturb } from '../../support/perturb.js';

type Kernel = number[][][][];

interface Case {
  C: number;
  k: number;
  order: 'TL' | 'TR' | 'BL' | 'BR';
  /** `[out][in][row][column]` */
  weight: Kernel;
  x: number[];
  y: number[];
  logdet: number;
}

const CORNER = { TL: 'topLeft', TR: 'topRight', BL: 'bottomLeft', BR: 'bottomRight' } as const;
const CORNERS = Object.values(CORNER);
const SOLVERS = ['wavefront', 'sequential', 'nilpotent'] as const;

/** Reference kernels put outputs first. */
function kernelOf({ weight }: Case): Kernel {
  return tf.tidy(() => tf.transpose(tf.tensor4d(weight), [2, 3, 1, 0]).arraySync());
}

function randomKernel(size: number, channels: number, seed: string): Kernel {
  return tf.tidy(() => {
    const noise = tf.mul(new RandomStream(seed).normalTensor([size, size, channels, channels]), 0.4);
    return tf.add(noise, tf.eye(channels)).arraySync() as Kernel;
  });
}

/** A layer whose taps have all been moved, by little enough to be inverted well. */
function moved(options: PaddedConvOptions, scale = 0.2): PaddedConv {
  const layer = new PaddedConv(options);
  perturb(layer, 'moved', scale);
  return layer;
}

onEachBackend(test, 'a layer of a given kernel agrees with the reference values, whatever the corner', (t) => {
  for (const [i, c] of golden<Case>('padded_conv').cases.entries()) {
    tf.tidy(() => {
      const [x, y] = [channelsLast(c.x), channelsLast(c.y)];
      const kernel = kernelOf(c);
      using layer = PaddedConv.fromKernel(kernel, { eventShape: x.shape.slice(1), corner: CORNER[c.order] });
      assertClose(t, layer.kernel(), kernel.flat(3), 1e-6, `case ${i}: kernel`);
      const [z, logDet] = layer.inverseAndLogDet(x);
      assertClose(t, z, y.dataSync(), 1e-5, `case ${i}: z`);
      assertClose(t, logDet, [c.logdet, c.logdet], 1e-5, `case ${i}: log-det`);
      const [back, negative] = layer.forwardAndLogDet(y);
      assertClose(t, back, x.dataSync(), 1e-4, `case ${i}: x`);
      assertClose(t, negative, [-c.logdet, -c.logdet], 1e-5, `case ${i}: negative log-det`);
    });
  }
});

onEachBackend(test, 'so do triangular corner blocks, with ones or a trained diagonal', (t) => {
  for (const [i, c] of golden<Case>('padded_conv').cases.entries()) {
    const corner = CORNER[c.order];
    const [row, column] = [corner.startsWith('top') ? c.k - 1 : 0, corner.endsWith('Left') ? c.k - 1 : 0];
    const block = c.weight.map((inputs) => inputs.map((taps) => taps[row][column]));
    const diagonal = block.map((entries, o) => entries[o]);
    const unit = diagonal.every((entry) => entry === 1);
    t.is(c.logdet === 0, unit);
    tf.tidy(() => {
      const [x, y] = [channelsLast(c.x), channelsLast(c.y)];
      using layer = new PaddedConv({ eventShape: x.shape.slice(1), kernelSize: c.k, corner, bias: false, diagonal: unit ? 'unit' : 'free' }); // prettier-ignore
      // Taps go as in the kernel of the mirror image, which has its corner at the end.
      const axes = [...(row === 0 ? [0] : []), ...(column === 0 ? [1] : [])];
      const mirrored = tf.reverse(tf.tensor4d(kernelOf(c)), axes);
      const taps = [...mirrored.dataSync()].slice(0, (c.k * c.k - 1) * c.C * c.C);
      const strict = block.flatMap((entries, o) => entries.slice(0, o));
      const values = new Map([
        ['taps', { shape: [c.k * c.k - 1, c.C, c.C], values: Float32Array.from(taps) }],
        ['corner.strict', { shape: [strict.length], values: Float32Array.from(strict) }],
      ]);
      if (!unit) {
        values.set('corner.logScale', { shape: [c.C], values: Float32Array.from(diagonal, (entry) => Math.log(Math.abs(entry))) }); // prettier-ignore
        values.set('corner.sign', { shape: [c.C], values: Float32Array.from(diagonal, Math.sign) });
      }
      assignParameters(layer, values, 'test');
      const [z, logDet] = layer.inverseAndLogDet(x);
      assertClose(t, z, y.dataSync(), 1e-5, `case ${i}: z`);
      assertClose(t, logDet, [c.logdet, c.logdet], 1e-5, `case ${i}: log-det`);
      assertClose(t, layer.forward(y), x.dataSync(), 1e-4, `case ${i}: x`);
    });
  }
});

onEachBackend(test, 'log|det| of the dense matrix is height width log|det corner|', (t) => {
  for (const corner of CORNERS) {
    const kernel = randomKernel(3, 3, corner);
    using layer = PaddedConv.fromKernel(kernel, { eventShape: [4, 4, 3], corner });
    const [row, column] = [corner.startsWith('top') ? 2 : 0, corner.endsWith('Left') ? 2 : 0];
    const expected = 16 * logAbsDet(kernel[row][column]);
    assertClose(t, [logAbsDet(matrixColumns(layer))], [expected], 1e-5, corner);
    const logDet = tf.tidy(() => layer.inverseAndLogDet(tf.zeros([4, 4, 3]))[1].dataSync()[0]);
    assertClose(t, [logDet], [expected], 1e-5, corner);
  }
});

onEachBackend(test, 'the map is singular when the corner block is, whatever the other taps', (t) => {
  tf.tidy(() => {
    const noise = new RandomStream('taps').normalTensor([8, 3, 3]);
    const corner = tf.tensor([1, 2, 3, 2, 4, 6, 0, 1, 1], [1, 3, 3]);
    const kernel = tf.reshape(tf.concat([noise, corner]), [3, 3, 3, 3]);
    // Only the last pixel reads the last pixel, and not this of it: (2, -1, 0) times the corner is zero.
    const image = tf.pad(tf.tensor([2, -1, 0], [1, 1, 1, 3]), [[0, 0], [3, 0], [3, 0], [0, 0]]); // prettier-ignore
    assertClose(t, paddedConvolution(image, kernel), new Float32Array(48), 0);
  });
});

/**
 * Why the zeros are on one corner's sides only. Under padding on all sides each pixel of a row of two reads both, and with these
 * taps both outputs are the sum of the two: no block of the kernel tells that the map is singular.
 */
onEachBackend(test, 'the same taps under padding on all sides may make a singular map', (t) => {
  tf.tidy(() => {
    const taps = tf.tensor4d([1, 1, 1], [1, 3, 1, 1]);
    const pixels = tf.tensor4d([1, 0, 0, 1], [2, 1, 2, 1]);
    const matrix = tf.conv2d(pixels, taps, 1, 'same');
    t.deepEqual([...matrix.dataSync()], [1, 1, 1, 1]);
  });
  const cross = [[[[0]], [[0]], [[0]]], [[[0]], [[0]], [[0]]], [[[1]], [[1]], [[1]]]]; // prettier-ignore
  using layer = PaddedConv.fromKernel(cross, { eventShape: [1, 2, 1] });
  assertClose(t, [logAbsDet(matrixColumns(layer))], [0], 1e-6);
});

for (const diagonal of ['unit', 'free', 'plu'] as const) {
  onEachBackend(test, `the three inverses agree, and so do their gradients: ${diagonal}`, (t) => {
    for (const corner of CORNERS) {
      const options = { eventShape: [4, 5, 3], corner, diagonal };
      const layers = SOLVERS.map((solver) => moved({ ...options, solver }));
      tf.tidy(() => {
        const stream = new RandomStream('x');
        const [x, weights] = [stream.normalTensor([2, 4, 5, 3]), stream.normalTensor([2, 4, 5, 3])];
        const z = layers[0].inverse(x);
        const results = layers.map((layer) => {
          const loss = () => tf.sum(tf.mul(layer.forward(z), weights)) as tf.Scalar;
          const { grads } = tf.variableGrads(loss, layer.trainableVariables);
          const byInput = tf.grad((at: Tensor) => tf.sum(tf.mul(layer.forward(at), weights)))(z);
          const all = [byInput, ...layer.trainableVariables.map(({ name }) => grads[name])];
          return { x: layer.forward(z), gradients: all.map((gradient) => gradient.dataSync()) };
        });
        for (const [i, { x: found, gradients }] of results.entries()) {
          assertClose(t, found, x.dataSync(), 3e-5, `${corner}, ${SOLVERS[i]}`);
          gradients.forEach((gradient, k) => assertClose(t, gradient, results[0].gradients[k], 1e-4, `gradient ${k}`));
        }
      });
      for (const layer of layers) layer.dispose();
    }
  });
}

onEachBackend(test, 'gradients of the inverse are those of finite differences, in its input and its taps', (t) => {
  const p = PADDED_PROBLEMS[1];
  const [, height, width, channels] = p.shape;
  const kernel = tf.tidy(() => tf.tensor(p.kernel, [p.size, p.size, channels, channels]).arraySync() as Kernel);
  for (const solver of SOLVERS) {
    using layer = PaddedConv.fromKernel(kernel, { eventShape: [height, width, channels], bias: false, solver });
    tf.tidy(() => {
      const [y, weights] = [tf.tensor(p.y, p.shape), tf.tensor(p.weights, p.shape)];
      const loss = (at: Tensor) => tf.sum(tf.mul(layer.forward(at), weights)) as tf.Scalar;
      const dy = tf.grad(loss)(y).dataSync();
      const taps = layer.parameters.find(({ path }) => path === 'taps')!.variable;
      const dTaps = tf.variableGrads(() => loss(y), [taps]).grads[taps.name].dataSync();
      const [pixels, entries] = [someEntries(p.y.length, 9), someEntries(dTaps.length, 15)];
      assertClose(t, pixels.map((i) => dy[i]), paddedDifferences(p, 'y', pixels), 1e-4, 'dy'); // prettier-ignore
      assertClose(t, entries.map((i) => dTaps[i]), paddedDifferences(p, 'kernel', entries), 1e-4, 'dTaps'); // prettier-ignore
    });
  }
});

onEachBackend(test, 'second derivatives are the same for all solvers', (t) => {
  tf.tidy(() => {
    const stream = new RandomStream('second');
    const [z, direction] = [stream.normalTensor([1, 3, 3, 2]), stream.normalTensor([1, 3, 3, 2])];
    const [expected, ...others] = SOLVERS.map((solver) => {
      using layer = moved({ eventShape: [3, 3, 2], solver });
      const slope = tf.grad((at: Tensor) => tf.sum(tf.pow(layer.forward(at), 3)));
      return tf.grad((at: Tensor) => tf.sum(tf.mul(slope(at), direction)))(z);
    });
    for (const second of others) assertClose(t, second, expected.dataSync(), 1e-4);
    t.true(tf.max(tf.abs(expected)).dataSync()[0] > 0.1);
  });
});

onEachBackend(test, 'the nilpotent iteration is exact after height + width - 1 steps, and not before', (t) => {
  using layer = moved({ eventShape: [4, 5, 2], kernelSize: 2, diagonal: 'unit', bias: false }, 0.7);
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([1, 4, 5, 2]);
    const [z, kernel, inverse] = [layer.inverse(x), layer.kernel(), layer.cornerInverse()];
    const error = (steps: number) =>
      tf.max(tf.abs(tf.sub(iterateNilpotent(z, kernel, inverse, { steps }), x))).dataSync()[0];
    t.true(error(8) < 1e-4);
    t.true(error(7) > 1e-2);
    t.true(error(1) > 1e-2);
  });
});

onEachBackend(test, 'a tolerance ends it early where taps are small', (t) => {
  tf.tidy(() => {
    const options = { eventShape: [12, 12, 2], initialStd: 0.001, solver: 'nilpotent' } as const;
    using exact = new PaddedConv(options);
    using early = new PaddedConv({ ...options, tolerance: 1e-4 });
    const z = new RandomStream('z').normalTensor([1, 12, 12, 2]);
    assertClose(t, early.forward(z), exact.forward(z).dataSync(), 1e-6);
    const kernels = [exact, early].map((layer) => countKernels(() => void layer.forward(z)));
    t.true(kernels[1] < kernels[0]);
  });
});

onEachBackend(test, 'the four corners are mirror images of each other', (t) => {
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([2, 3, 4, 2]);
    using topLeft = moved({ eventShape: [3, 4, 2] });
    const mirrors: Record<Corner, number[]> = { topLeft: [], topRight: [2], bottomLeft: [1], bottomRight: [1, 2] };
    for (const corner of CORNERS) {
      using layer = moved({ eventShape: [3, 4, 2], corner });
      const mirror = (image: Tensor) => tf.reverse(image, mirrors[corner]);
      assertClose(t, layer.inverse(x), mirror(topLeft.inverse(mirror(x))).dataSync(), 1e-6, corner);
      assertClose(t, layer.forward(x), mirror(topLeft.forward(mirror(x))).dataSync(), 1e-5, corner);
    }
  });
});

onEachBackend(test, 'kernel size 1 is the 1×1 convolution', (t) => {
  tf.tidy(() => {
    using mixing = new Conv1x1({ eventShape: [3, 3, 4], seed: 'mix' });
    perturb(mixing, 'mix');
    const transposed = tf.transpose(mixing.weightMatrix()).arraySync() as number[][];
    using layer = PaddedConv.fromKernel([[transposed]], { eventShape: [3, 3, 4], bias: false });
    const x = new RandomStream('x').normalTensor([2, 3, 3, 4]);
    for (const direction of ['forwardAndLogDet', 'inverseAndLogDet'] as const) {
      const [[value, logDet], [expected, expectedLogDet]] = [layer[direction](x), mixing[direction](x)];
      assertClose(t, value, expected.dataSync(), 1e-5);
      assertClose(t, logDet, expectedLogDet.dataSync(), 1e-5);
    }
  });
});

onEachBackend(test, 'it starts near the identity, or at it', (t) => {
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([2, 6, 6, 3]);
    for (const diagonal of ['unit', 'free', 'plu'] as const) {
      using layer = new PaddedConv({ eventShape: [6, 6, 3], diagonal, initialStd: 0 });
      assertClose(t, layer.inverse(x), x.dataSync(), 1e-6);
      assertClose(t, layer.inverseAndLogDet(x)[1], [0, 0], 1e-6);
      using near = new PaddedConv({ eventShape: [6, 6, 3], diagonal });
      const taps = near.parameters.find(({ path }) => path === 'taps')!.variable;
      assertClose(t, tf.sqrt(tf.mean(tf.square(taps))), [0.02], 4e-3);
    }
  });
});

test('its free numbers: all taps but one triangle, and the bias', (t) => {
  const count = (options: Partial<PaddedConvOptions>) => {
    using layer = new PaddedConv({ eventShape: [4, 4, 5], ...options });
    return layer.parameterCount;
  };
  t.is(count({}), 9 * 25 + 5);
  t.is(count({ bias: false }), 9 * 25);
  t.is(count({ bias: false, diagonal: 'free' }), 9 * 25 - 10);
  t.is(count({ bias: false, diagonal: 'unit' }), 9 * 25 - 15);
});

onEachBackend(test, 'inverted, it generates by a plain convolution and solves for densities', (t) => {
  tf.tidy(() => {
    const convolution = moved({ eventShape: [4, 4, 2], corner: 'topRight' });
    using flow = new Flow({
      base: Normal.standard([4, 4, 2]),
      bijector: new Invert({ bijector: convolution }),
    });
    const z = new RandomStream('z').normalTensor([3, 4, 4, 2]);
    const x = flow.bijector.forward(z);
    assertClose(t, x, convolution.inverse(z).dataSync(), 0);
    const density = tf.sub(flow.base.logProb(z), convolution.inverseAndLogDet(z)[1]);
    assertClose(t, flow.logProb(x), density.dataSync(), 1e-4);
    const { grads } = tf.variableGrads(() => tf.mean(flow.logProb(x)), flow.trainableVariables);
    t.true(Object.values(grads).every((gradient) => gradient.dataSync().some((entry) => entry !== 0)));
  });
});

test('what it refuses', (t) => {
  const eventShape = [4, 4, 2];
  const before = tf.memory().numTensors;
  const refused = (options: object, message: string) =>
    t.throws(() => new PaddedConv({ eventShape, ...options }), { instanceOf: FlowConfigError, message });
  refused({ kernelSize: 0 }, 'PaddedConv: expected kernelSize: a positive whole number, got 0.');
  refused(
    { corner: 'top' },
    "PaddedConv: expected corner: one of topLeft, topRight, bottomLeft, bottomRight, got 'top'.",
  );
  refused({ diagonal: 'lu' }, "PaddedConv: expected diagonal: 'unit', 'free' or 'plu', got lu.");
  refused({ triangle: 'left' }, "PaddedConv: expected triangle: 'lower' or 'upper', got left.");
  refused({ solver: 'exact' }, 'PaddedConv: expected solver: one of wavefront, sequential, nilpotent, got exact.');
  refused({ tolerance: -1 }, 'PaddedConv: expected tolerance: a number of at least 0, got -1.');
  refused({ initialStd: NaN }, 'PaddedConv: expected initialStd: a finite number of at least 0, got NaN.');
  t.throws(() => new PaddedConv({ eventShape: [4, 2] }), {
    instanceOf: FlowShapeError,
    message: 'PaddedConv: expected images, [height, width, channels], got [4, 2].',
  });
  t.throws(() => PaddedConv.fromKernel([[[[1, 0]], [[1, 0]]]], { eventShape }), {
    instanceOf: FlowShapeError,
    message: 'PaddedConv.fromKernel: expected a kernel of shape [k, k, 2, 2], got [1, 2, 1, 2].',
  });
  const [good, singular] = [[[1, 0], [0, 1]], [[1, 2], [2, 4]]]; // prettier-ignore
  const kernel = [[good, good], [singular, good]]; // prettier-ignore
  PaddedConv.fromKernel(kernel, { eventShape }).dispose();
  const error = t.throws(() => PaddedConv.fromKernel(kernel, { eventShape, corner: 'topRight' }), {
    instanceOf: FlowNumericsError,
    message: "PaddedConv.fromKernel: expected an invertible block at tap [1, 0], the topRight corner's, got one of determinant 0. The convolution is invertible if and only if this block is.", // prettier-ignore
  });
  t.is(error.value, 0);
  t.is(tf.memory().numTensors, before);
});
