import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  BernsteinPolynomial,
  DeepSigmoid,
  DenseDeepSigmoid,
  FlowConfigError,
  FlowNumericsError,
  GaussianMixtureCdf,
  LogisticMixture,
  MonotonicNetwork,
  NumericElementwise,
  RandomStream,
  SumOfSquares,
  type Curve,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import * as references from '../support/monotone-references.js';

const FAMILIES: readonly { readonly map: NumericElementwise; readonly reference: references.Reference }[] = [
  { map: new DeepSigmoid({ units: 5 }), reference: references.deepSigmoid(5) },
  { map: new DenseDeepSigmoid({ units: 3, layers: 3 }), reference: references.denseDeepSigmoid(3, 3) },
  { map: new LogisticMixture({ components: 4 }), reference: references.logisticMixture(4) },
  { map: new GaussianMixtureCdf({ components: 4 }), reference: references.gaussianMixtureCdf(4) },
  { map: new SumOfSquares({ polynomials: 3, degree: 3 }), reference: references.sumOfSquares(3, 3, 5) },
  { map: new BernsteinPolynomial({ degree: 7, tailBound: 3 }), reference: references.bernsteinPolynomial(7, 3) },
  { map: new MonotonicNetwork({ hidden: 4, tailBound: 4 }), reference: references.monotonicNetwork(4, 4) },
];

const POINTS = [-6, -3.5, -2, -0.9, 0, 0.001, 0.4, 1.3, 2.7, 4.1, 6.5];

/** One row of parameters near the start, the same for all of `n` points. */
function parameters(map: NumericElementwise, n: number, seed: string, scale = 0.7): Tensor {
  const noise = new RandomStream(seed).normal(map.parameterCount);
  const row = map.identityParameters().map((value, i) => value + scale * noise[i]);
  return tf.tile(tf.tensor2d(row, [1, row.length]), [n, 1]);
}

for (const { map, reference } of FAMILIES) {
  const name = map.className;

  onEachBackend(test, `${name}: values and log-slopes are those of the formula in doubles`, (t) => {
    tf.tidy(() => {
      const raw = parameters(map, POINTS.length, 'reference');
      const row = [...raw.dataSync().subarray(0, map.parameterCount)];
      // Kernels of the mixture count from 8 deviations on as certain in the reference.
      const points = name === 'GaussianMixtureCdf' ? POINTS.slice(2, -2) : POINTS;
      const some = tf.slice(raw, [0, 0], [points.length, -1]);
      const { value, logDet } = map.inverse(tf.tensor1d(points), some);
      const at = (x: number) => reference(x, row);
      const h = 1e-4;
      assertClose(t, value, points.map((x) => at(Math.fround(x))), 5e-6, 'values'); // prettier-ignore
      assertClose(t, logDet, points.map((x) => Math.log((at(x + h) - at(x - h)) / (2 * h))), 2e-5, 'log-slopes'); // prettier-ignore
      const back = map.forward(value, some);
      assertClose(t, back.value, points, 5e-6, 'back');
      assertClose(t, tf.neg(back.logDet), logDet, 1e-5, 'log-slopes on the way back');
    });
  });

  onEachBackend(test, `${name}: the numeric direction has the derivatives of an inverse, twice`, (t) => {
    tf.tidy(() => {
      const x = tf.tensor1d([-1.4, -0.2, 0.6, 1.7]);
      const raw = parameters(map, 4, 'derivatives', 0.5);
      /** `x` again, and zero: whatever is differentiated twice through both directions has to vanish. */
      const there = (at: Tensor, r: Tensor) => {
        const inverse = map.inverse(at, r);
        const forward = map.forward(inverse.value, r);
        return tf.sum(tf.add(tf.mul(forward.value, tf.tensor1d([1, 2, 3, 4])), tf.add(inverse.logDet, forward.logDet)));
      };
      const [byPoint, byRaw] = tf.grads(there)([x, raw]);
      assertClose(t, byPoint, [1, 2, 3, 4], 2e-5, 'by x');
      assertClose(t, byRaw, new Float32Array(raw.size), 5e-5, 'by the parameters');
      const direction = new RandomStream('direction').normalTensor(raw.shape);
      const slope = (at: Tensor, r: Tensor) => {
        const [first, second] = tf.grads(there)([at, r]);
        return tf.add(tf.sum(tf.mul(second, direction)), tf.sum(first));
      };
      const [twice, mixed] = tf.grads(slope)([x, raw]);
      assertClose(t, twice, new Float32Array(4), 5e-4, 'by x twice');
      assertClose(t, mixed, new Float32Array(raw.size), 5e-4, 'by the parameters twice');
    });
  });

  onEachBackend(test, `${name}: the density that it makes of a normal one integrates to one`, (t) => {
    tf.tidy(() => {
      const [reach, cells] = [60, 12_001];
      const x = tf.linspace(-reach, reach, cells);
      for (const seed of ['a', 'b']) {
        const { value, logDet } = map.inverse(x, parameters(map, cells, seed));
        const density = tf.exp(tf.sub(logDet, tf.mul(tf.square(value), 0.5)));
        const mass = (tf.sum(density).dataSync()[0] * 2 * reach) / (cells - 1) / Math.sqrt(2 * Math.PI);
        t.true(Math.abs(mass - 1) < 2e-3, `mass ${mass}`);
      }
    });
  });
}

onEachBackend(test, 'identity parameters are exact where the family holds the identity', (t) => {
  tf.tidy(() => {
    for (const map of [new BernsteinPolynomial(), new MonotonicNetwork(), new DeepSigmoid({ units: 1 })]) {
      const raw = parameters(map, POINTS.length, 'start', 0);
      assertClose(t, map.inverse(tf.tensor1d(POINTS), raw).value, POINTS, 2e-6, map.className);
    }
  });
});

onEachBackend(test, 'far out, maps are straight lines of the right slope', (t) => {
  tf.tidy(() => {
    const x = tf.tensor1d([1e4, -1e4]);
    const raw = (row: number[]) => tf.tile(tf.tensor2d([row]), [2, 1]);
    // Rates 1 and 2 with equal weights: the lesser rate wins, and its line keeps the offset log 2 of its weight.
    const rate = (value: number) => Math.log(Math.expm1(value - 1e-3));
    const sigmoids = new DeepSigmoid({ units: 2 }).inverse(x, raw([rate(1), rate(2), 0, 0, 0, 0]));
    assertClose(t, sigmoids.value, [1e4 + Math.LN2, -1e4 - Math.LN2], 1e-6);
    assertClose(t, sigmoids.logDet, [0, 0], 1e-6);
    const kernels = new GaussianMixtureCdf({ components: 2 }).inverse(x, raw([0, 0, 3, 3, Math.log(2), Math.log(2)]));
    const scale = Math.exp(7 * Math.tanh(Math.LN2 / 7));
    assertClose(t, kernels.value, [(1e4 - 3) / scale, (-1e4 - 3) / scale], 1e-6);
    assertClose(t, kernels.logDet, [-Math.log(scale), -Math.log(scale)], 1e-5);
  });
});

/** `y = sinh x`, given base → data. */
class Sinh extends NumericElementwise {
  static override readonly className = 'Sinh';
  readonly parameterCount = 0;

  constructor() {
    super({}, 'forward');
  }

  identityParameters(): number[] {
    return [];
  }

  protected override curve(): Curve {
    return (x) => ({ value: tf.sinh(x), logSlope: tf.log(tf.cosh(x)) });
  }
}

onEachBackend(test, 'a formula may run base → data instead', (t) => {
  tf.tidy(() => {
    const y = [-5, -0.3, 0, 2, 100];
    const { value, logDet } = new Sinh().inverse(tf.tensor1d(y), tf.zeros([5, 0]));
    assertClose(t, value, y.map(Math.asinh), 1e-6);
    assertClose(t, logDet, y.map((v) => -0.5 * Math.log1p(v * v)), 1e-5); // prettier-ignore
  });
});

onEachBackend(test, 'a search that is too short is named after its map', (t) => {
  const map = new DeepSigmoid({ units: 2, maxSteps: 1 });
  const error = t.throws(() => tf.tidy(() => map.forward(tf.tensor1d([0, 9]), parameters(map, 2, 'short')).value), {
    instanceOf: FlowNumericsError,
  });
  t.regex(error.message, /^DeepSigmoid\.forward: expected a numerical inverse within 1 steps, got a residual of -?\d/);
});

test('search options are part of a configuration when they were given', (t) => {
  t.deepEqual(new DeepSigmoid().getConfig(), { units: 16 });
  t.deepEqual(new LogisticMixture({ tolerance: 1e-4, maxSteps: 7 }).getConfig(), { components: 8, tolerance: 1e-4, maxSteps: 7 }); // prettier-ignore
});

test('impossible options are refused', (t) => {
  const table: readonly [() => unknown, string][] = [
    [() => new DeepSigmoid({ units: 0 }), 'DeepSigmoid: expected units: a whole number, at least 1, got 0.'],
    [() => new DenseDeepSigmoid({ layers: 1 }), 'DenseDeepSigmoid: expected layers: a whole number, at least 2, got 1.'],
    [() => new DenseDeepSigmoid({ units: 1.5 }), 'DenseDeepSigmoid: expected units: a whole number, at least 1, got 1.5.'],
    [() => new LogisticMixture({ components: 0 }), 'LogisticMixture: expected components: a whole number, at least 1, got 0.'],
    [() => new GaussianMixtureCdf({ components: -1 }), 'GaussianMixtureCdf: expected components: a whole number, at least 1, got -1.'],
    [() => new SumOfSquares({ degree: 0 }), 'SumOfSquares: expected degree: a whole number, at least 1, got 0.'],
    [() => new SumOfSquares({ polynomials: 0 }), 'SumOfSquares: expected polynomials: a whole number, at least 1, got 0.'],
    [() => new SumOfSquares({ tailBound: Infinity }), 'SumOfSquares: expected tailBound: a positive number, got Infinity.'],
    [() => new BernsteinPolynomial({ degree: 0 }), 'BernsteinPolynomial: expected degree: a whole number, at least 1, got 0.'],
    [() => new BernsteinPolynomial({ tailBound: 0 }), 'BernsteinPolynomial: expected tailBound: a positive number, got 0.'],
    [() => new MonotonicNetwork({ nodes: 2 }), 'MonotonicNetwork: expected nodes: a whole number, at least 3, got 2.'],
    [() => new MonotonicNetwork({ hidden: 0 }), 'MonotonicNetwork: expected hidden: a whole number, at least 1, got 0.'],
    [() => new MonotonicNetwork({ tolerance: -1 }), 'MonotonicNetwork: expected tolerance > 0, got -1.'],
    [() => new DeepSigmoid({ maxSteps: 0 }), 'DeepSigmoid: expected maxSteps: a positive integer, got 0.'],
  ]; // prettier-ignore
  for (const [build, message] of table) t.throws(build, { instanceOf: FlowConfigError, message });
});
