import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  bitsPerDim,
  Chain,
  DequantizedFlow,
  Distribution,
  Flow,
  FlowConfigError,
  FlowFileError,
  FlowShapeError,
  loadDequantizedFlow,
  loadFlow,
  MLP,
  Normal,
  PixelLogit,
  PixelScaling,
  RandomStream,
  Reshape,
  Shift,
  Sigmoid,
  Uniform,
  type DequantizedFlowOptions,
  type Shape,
} from '../../src/index.js';
import { Bijector, type ValueAndLogDet } from '../../src/bijectors/bijector.js';
import { Elementwise } from '../../src/bijectors/elementwise.js';
import { ElementwiseAffine } from '../../src/elementwise/elementwise-affine.js';
import { sizeOf } from '../../src/shapes.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose, numbersOf } from '../support/close.js';

/** A density of real pixels that a formula gives, and draws that are listed. */
class FormulaDensity extends Distribution {
  static override readonly className = 'FormulaDensity';
  constructor(
    override readonly eventShape: Shape,
    private readonly formula: (u: Tensor) => Tensor,
    private readonly draws: readonly number[] = [],
  ) {
    super();
  }
  protected override density(u: Tensor): Tensor {
    return this.formula(u);
  }
  protected override draw(n: number): Tensor {
    return tf.tensor([...this.draws], [n, ...this.eventShape]);
  }
  override getConfig() {
    return {};
  }
}

const flowOf = (base: Distribution) =>
  new Flow({ base, bijector: new Shift({ eventShape: base.eventShape, learnable: false }) });

/** `z scale + slope · image`, then onto (0, 1): noise that knows the image. */
class ImageShift extends Bijector {
  static override readonly className = 'ImageShift';
  override readonly eventShapeIn: Shape;
  override readonly eventShapeOut: Shape;
  override readonly contextShape: Shape;
  constructor(
    shape: Shape,
    private readonly slope: number,
    private readonly offset = 0,
  ) {
    super();
    this.eventShapeIn = this.eventShapeOut = this.contextShape = shape;
  }
  protected override mapForward(x: Tensor, image: Tensor | null): ValueAndLogDet {
    return [tf.add(x, tf.add(tf.mul(image!, this.slope), this.offset)), tf.scalar(0)];
  }
  protected override mapInverse(y: Tensor, image: Tensor | null): ValueAndLogDet {
    return [tf.sub(y, tf.add(tf.mul(image!, this.slope), this.offset)), tf.scalar(0)];
  }
  override getConfig() {
    return {};
  }
}

const noiseOf = (shape: Shape, slope: number, offset = 0) =>
  new Flow({
    base: Normal.standard(shape),
    bijector: new Chain({ bijectors: [new ImageShift(shape, slope, offset), new Sigmoid({ eventShape: shape })] }),
  });

const stream = new RandomStream('dequantized');

/** Whole numbers below 2^bits. */
function pixels(rows: number, shape: Shape, bits = 8): Tensor {
  const own = stream.split('pixels');
  const values = Array.from({ length: rows * sizeOf(shape) }, () => own.nextInteger(2 ** bits));
  return tf.tensor(values, [rows, ...shape], 'float32');
}

for (const bits of [1, 5, 8]) {
  onEachBackend(test, `a model that knows nothing needs ${bits} bits for ${bits}-bit pixels`, (t) => {
    const shape = [4, 4, 3];
    const base = new Uniform({ eventShape: shape, low: -0.5, high: 0.5 });
    using model = new DequantizedFlow({ flow: new Flow({ base, bijector: new PixelScaling({ eventShape: shape, bits }) }), bits }); // prettier-ignore
    tf.tidy(() => {
      const v = pixels(3, shape, bits);
      assertClose(t, model.bitsPerDim(v), [bits, bits, bits], 1e-6);
      const logProb = numbersOf(model.logProb(v, { samples: 3, seed: 5 }))[0];
      t.true(Math.abs(bitsPerDim(logProb, shape) - bits) < 1e-5);
    });
  });
}

onEachBackend(
  test,
  'a density that is constant over each pixel value gives its probability, and the entropy on average',
  (t) => {
    const probabilities = [0.1, 0.2, 0.3, 0.4];
    const cells = tf.tensor1d(probabilities.map(Math.log));
    const base = new FormulaDensity([2, 1, 1], (u) => {
      const which = tf.oneHot(tf.cast(tf.floor(tf.reshape(u, [-1])), 'int32'), 4);
      return tf.sum(tf.reshape(tf.sum(tf.mul(tf.cast(which, 'float32'), cells), 1), [-1, 2]), 1);
    });
    using model = new DequantizedFlow({ flow: flowOf(base), bits: 2 });
    tf.tidy(() => {
      const all = Array.from({ length: 16 }, (_, i) => [i >> 2, i & 3]);
      const v = tf.tensor(all.flat(), [16, 2, 1, 1]);
      const expected = all.map(([a, b]) => Math.log(probabilities[a] * probabilities[b]));
      for (const samples of [1, 4]) assertClose(t, model.logProb(v, { samples, seed: samples }), expected, 1e-6);
      const bits = numbersOf(model.bitsPerDim(v));
      const average = all.reduce((sum, [a, b], i) => sum + probabilities[a] * probabilities[b] * bits[i], 0);
      const entropy = -probabilities.reduce((sum, p) => sum + p * Math.log2(p), 0);
      t.true(Math.abs(average - entropy) < 1e-6, `${average} bits, entropy ${entropy}`);
    });
    cells.dispose();
  },
);

const SHAPE = [1, 1, 1];

/** Two pixel values of probabilities 0.3 and 0.7, and a density within each as the noise model `q` has it. */
function exactModel(dequantizer: DequantizedFlowOptions['dequantizer']): DequantizedFlow {
  const q = noiseOf(SHAPE, 3);
  const base = new FormulaDensity(SHAPE, (u) => {
    const v = tf.minimum(tf.floor(u), 1);
    const share = tf.add(tf.mul(v, Math.log(0.7)), tf.mul(tf.sub(1, v), Math.log(0.3)));
    return tf.add(tf.reshape(share, [-1]), q.logProb(tf.sub(u, v), { context: tf.sub(tf.mul(v, 0.5), 0.5) }));
  });
  return new DequantizedFlow({ flow: flowOf(base), bits: 1, dequantizer });
}

/** Rows of one image again and again. */
const many = (value: number, rows = 4000) => tf.fill([rows, ...SHAPE], value);
const mean = (values: Tensor) => tf.mean(values).dataSync()[0];

onEachBackend(test, 'the bound is the probability itself where the noise model is exact', (t) => {
  using model = exactModel(noiseOf(SHAPE, 3));
  tf.tidy(() => {
    for (const samples of [1, 3]) {
      const logProb = model.logProb(tf.tensor([0, 1, 0, 1], [4, ...SHAPE]), { samples });
      assertClose(t, logProb, [0.3, 0.7, 0.3, 0.7].map(Math.log), 1e-5);
    }
  });
});

onEachBackend(test, 'with other noise the bound lies below, by how far the two distributions are apart', (t) => {
  using uniform = exactModel('uniform');
  using learned = exactModel(noiseOf(SHAPE, 0, -1));
  tf.tidy(() => {
    for (const [value, probability] of [
      [0, 0.3],
      [1, 0.7],
    ]) {
      // prettier-ignore
      const exact = Math.log(probability);
      const bound = mean(uniform.logProb(many(value)));
      t.true(bound < exact - 0.05 && bound > exact - 2, `${bound} below ${exact}`);
      // KL between two logistic-normal distributions that differ in their means, (3 (v/2 − 1/2) + 1)² / 2.
      const distance = (3 * (value / 2 - 0.5) + 1) ** 2 / 2;
      const found = exact - mean(learned.logProb(many(value)));
      t.true(Math.abs(found - distance) < 0.05 * (1 + distance), `${found} below, expected ${distance}`);
    }
  });
});

onEachBackend(test, 'more draws of the noise tighten the bound, and never beyond the probability', (t) => {
  using model = exactModel('uniform');
  tf.tidy(() => {
    const bounds = [1, 4, 16, 64].map((samples) => mean(model.logProb(many(0, 1000), { samples, seed: 'draws' })));
    const exact = Math.log(0.3);
    for (let i = 1; i < 4; i++) t.true(bounds[i] > bounds[i - 1], `${bounds}`);
    t.true(Math.abs(bounds[3] - exact) < 0.02, `${bounds[3]} after 64 draws, exact ${exact}`);
  });
});

onEachBackend(test, 'values and gradients of several draws are those of log-mean-exp', (t) => {
  using model = exactModel(noiseOf(SHAPE, 1));
  tf.tidy(() => {
    const v = tf.tensor([0, 1, 1], [3, ...SHAPE]);
    const noises = [1, 2, 3].map((i) => new RandomStream(i).normalTensor([3, ...SHAPE]));
    const singles = noises.map((noise) => [...model.bound(v, [noise]).dataSync()]);
    const expected = [0, 1, 2].map((row) => Math.log(singles.reduce((sum, own) => sum + Math.exp(own[row]), 0) / 3));
    assertClose(t, model.bound(v, noises), expected, 1e-5);
    const impossible = new DequantizedFlow({ flow: flowOf(new FormulaDensity(SHAPE, (u) => tf.fill([u.shape[0]], -Infinity))), bits: 1 }); // prettier-ignore
    t.deepEqual([...impossible.logProb(v, { samples: 2 }).dataSync()], [-Infinity, -Infinity, -Infinity]);
    impossible.dispose();
  });
});

onEachBackend(test, 'noise never carries a pixel over to the next value', (t) => {
  const every = (bits: number) => Array.from({ length: Math.min(256, 2 ** bits) }, (_, i) => 2 ** bits - 1 - i);
  for (const bits of [1, 8, 16]) {
    const values = every(bits);
    const shape = [values.length];
    const flow = () => flowOf(Normal.standard(shape));
    using uniform = new DequantizedFlow({ flow: flow(), bits });
    using saturated = new DequantizedFlow({ flow: flow(), bits, dequantizer: noiseOf(shape, 0, 100) });
    using zero = new DequantizedFlow({ flow: flow(), bits, dequantizer: noiseOf(shape, 0, -200) });
    tf.tidy(() => {
      const v = tf.tensor2d(values, [1, values.length]);
      for (const model of [uniform, saturated, zero]) {
        for (const seed of [1, 2, 3]) {
          const { u } = model.dequantize(v, model.drawNoise(1, new RandomStream(seed)));
          t.deepEqual([...tf.floor(u).dataSync()], values);
        }
      }
      const most = tf.fill([1, values.length], 1 - 2 ** (bits - 24));
      t.deepEqual([...tf.floor(uniform.dequantize(v, most).u).dataSync()], values);
    });
  }
});

onEachBackend(test, 'uniform noise is uniform', (t) => {
  using model = new DequantizedFlow({ flow: flowOf(Normal.standard([10_000])) });
  tf.tidy(() => {
    const noise = [...model.drawNoise(1, stream.split('uniform')).dataSync()];
    t.true(noise.every((e) => e >= 0 && e < 1 && Number.isInteger(e * 65536)));
    t.true(Math.abs(noise.reduce((sum, e) => sum + e, 0) / 10_000 - 0.5) < 5 * Math.sqrt(1 / 12 / 10_000));
  });
});

onEachBackend(test, 'draws are whole pixel values, those of the flow rounded down', (t) => {
  const draws = [-3.2, -0.1, 0, 0.99, 17.5, 254.99, 255.9, 256, 300];
  using model = new DequantizedFlow({ flow: flowOf(new FormulaDensity([1], (u) => tf.zeros([u.shape[0]]), draws)) });
  tf.tidy(() => {
    t.deepEqual([...model.sample(9, { seed: 0 }).dataSync()], [0, 0, 0, 0, 17, 254, 255, 255, 255]);
  });
  using wide = new DequantizedFlow({
    flow: new Flow({ base: Normal.standard([2]), bijector: new PixelLogit({ eventShape: [2], bits: 3 }) }),
    bits: 3,
  });
  tf.tidy(() => {
    const [cold, usual] = [0.01, 1].map((temperature) => [...wide.sample(500, { seed: 1, temperature }).dataSync()]);
    t.deepEqual([...new Set(usual)].sort(), [0, 1, 2, 3, 4, 5, 6, 7]);
    t.deepEqual([...new Set(cold)].sort(), [3, 4]);
    const [drawn, logProb] = wide.sampleAndLogProb(3, { seed: 2 });
    assertClose(t, logProb, wide.logProb(drawn), 1e-6);
  });
});

onEachBackend(test, 'equal seeds give equal bounds, and nothing is left behind', (t) => {
  const before = tf.memory().numTensors;
  const model = exactModel(noiseOf(SHAPE, 1));
  const v = pixels(6, SHAPE, 1);
  const held = tf.memory().numTensors;
  const found = (options = {}) => {
    const logProb = model.logProb(v, options);
    const values = [...logProb.dataSync()];
    logProb.dispose();
    return values;
  };
  t.deepEqual(found(), found({ seed: 0 }));
  t.notDeepEqual(found(), found({ seed: 1 }));
  t.deepEqual(found({ seed: 1, samples: 2 }), found({ seed: 1, samples: 2 }));
  tf.dispose([
    model.bitsPerDim(v),
    model.sample(0, { seed: 1 }),
    model.logProb(tf.tidy(() => tf.zeros([0, ...SHAPE]))),
  ]);
  model.initialize(v);
  t.true(tf.memory().numTensors <= held + 1);
  v.dispose();
  model.dispose();
  t.true(tf.memory().numTensors <= before + 8);
});

onEachBackend(test, 'batches of any shape and contexts go through', (t) => {
  const base = Normal.standard([2, 1, 1]);
  const shift = new ImageShift([2, 1, 1], 1);
  using model = new DequantizedFlow({ flow: new Flow({ base, bijector: shift }), bits: 3 });
  tf.tidy(() => {
    const v = pixels(6, [2, 1, 1], 3);
    const context = tf.ones([2, 1, 1]);
    const flat = model.logProb(v, { context });
    const square = model.logProb(tf.reshape(v, [2, 3, 2, 1, 1]), { context });
    t.deepEqual(square.shape, [2, 3]);
    assertClose(t, square, flat, 0);
    const whole = model.logProb(tf.cast(v, 'int32'), { context });
    assertClose(t, whole, flat, 0);
    t.throws(() => model.logProb(v), { instanceOf: FlowShapeError });
    t.throws(() => model.logProb(tf.zeros([2, 3]), { context }), { instanceOf: FlowShapeError, message: /expected x of shape/ }); // prettier-ignore
  });
});

const IMAGE = [2, 2, 1];

/** A scale and a shift for each pixel. */
function imageFlow(bits = 8): Flow {
  const reshape = new Reshape({ eventShapeIn: [4], eventShapeOut: IMAGE });
  return new Flow({
    base: Normal.standard([4]),
    bijector: new Chain({
      bijectors: [
        new Elementwise({ eventShape: [4], transform: new ElementwiseAffine() }),
        reshape,
        new PixelScaling({ eventShape: IMAGE, bits }),
      ],
    }),
  });
}

/** Noise in (0, 1) that a network learns from the image. */
function learnedNoise(): Flow {
  const transform = new ElementwiseAffine();
  const request = { inputs: 0, outputs: 4 * transform.parameterCount, initialOutput: Array(4).fill(transform.identityParameters()).flat() }; // prettier-ignore
  const conditioner = new MLP({ ...request, contextShape: IMAGE, hidden: [8], seed: 'noise' });
  return new Flow({
    base: Normal.standard(IMAGE),
    bijector: new Chain({
      bijectors: [new Elementwise({ eventShape: IMAGE, transform, conditioner }), new Sigmoid({ eventShape: IMAGE })],
    }),
  });
}

onEachBackend(
  test,
  'a saved model gives the same numbers once loaded, its learned noise included',
  async (t, backend) => {
    for (const dequantizer of [undefined, learnedNoise()]) {
      using model = new DequantizedFlow({ flow: imageFlow(5), bits: 5, dequantizer });
      const url = `memory://dequantized ${backend} ${dequantizer ? 'learned' : 'uniform'}`;
      await model.save(url);
      using again = await loadDequantizedFlow(url);
      t.deepEqual([again.bits, again.discrete, again.eventShape, again.support], [5, true, IMAGE, [0, 31]]);
      t.deepEqual(again.parameters.map(({ path }) => path), model.parameters.map(({ path }) => path)); // prettier-ignore
      tf.tidy(() => {
        const v = pixels(5, IMAGE, 5);
        assertClose(t, again.logProb(v, { samples: 2 }), model.logProb(v, { samples: 2 }), 0);
        assertClose(t, again.sample(5, { seed: 3 }), model.sample(5, { seed: 3 }), 0);
      });
      await t.throwsAsync(loadFlow(url), { instanceOf: FlowFileError, message: /expected a saved Flow, got a saved DequantizedFlow/ }); // prettier-ignore
    }
    using plain = imageFlow();
    await plain.save('memory://plain');
    await t.throwsAsync(loadDequantizedFlow('memory://plain'), {
      instanceOf: FlowFileError,
      message: /a saved Flow\./,
    });
  },
);

test('parts that do not fit, and numbers out of range, are refused', (t) => {
  const build = (options: Partial<DequantizedFlowOptions>) => () =>
    new DequantizedFlow({ flow: imageFlow(), ...options });
  const config = { instanceOf: FlowConfigError };
  const shape = { instanceOf: FlowShapeError };
  t.throws(build({ bits: 0 }), {
    ...config,
    message: /^DequantizedFlow\.bits: expected a whole number from 1 to 16, got 0/,
  });
  t.throws(build({ dequantizer: imageFlow() }), {
    ...shape,
    message: /contexts of shape \[2, 2, 1\].* and no contexts/,
  });
  t.throws(build({ dequantizer: noiseOf([4], 1) }), { ...shape, message: /got events of \[4\]/ });
  const reals = new Flow({ base: Normal.standard(IMAGE), bijector: new ImageShift(IMAGE, 1) });
  t.throws(build({ dequantizer: reals }), { ...config, message: /numbers in \(0, 1\), got one of numbers in \(-Infinity, Infinity\)\. .*Sigmoid/ }); // prettier-ignore
  using model = build({})();
  tf.tidy(() => {
    const v = tf.zeros([1, ...IMAGE]);
    for (const samples of [0, 1.5]) t.throws(() => model.logProb(v, { samples }), { ...config, message: /samples: expected a positive whole number/ }); // prettier-ignore
  });
  for (const dims of [0, 2.5]) t.throws(() => bitsPerDim(1, dims), { ...config, message: /bitsPerDim\.dims/ });
  t.is(bitsPerDim(-8 * Math.LN2, 2), 4);
});
