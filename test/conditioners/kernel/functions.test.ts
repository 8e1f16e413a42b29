import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  FlowConfigError,
  KernelFunction,
  MaternKernel,
  ProductKernel,
  RandomStream,
  RationalQuadraticKernel,
  SquaredExponentialKernel,
  SumKernel,
} from '../../../src/index.js';
import { libraryCatalogue } from '../../../src/io/catalogue.js';
import { deserialize, serialize, type SerializedObject } from '../../../src/io/config.js';
import { concreteFaults, concreteSubclasses } from '../../contract/classes.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';

const CLASSES = concreteSubclasses(KernelFunction, ['gram', 'parameterCount', 'initialParameters', 'getConfig']);
const SAMPLES = CLASSES.flatMap(({ className, samples }) => samples.map((make, i) => ({ name: `${className} ${i}`, make }))); // prettier-ignore

/** Raw parameters at their start, moved by normal noise. */
function rawOf(kernel: KernelFunction, dims: number, noise = 0): Tensor {
  const start = kernel.initialParameters(dims);
  const moves = new RandomStream('raw').normal(start.length);
  return tf.tensor1d(start.map((value, i) => value + noise * moves[i]));
}

/** `k` of distances along one axis. */
function along(kernel: KernelFunction, distances: number[]): Tensor {
  const x = tf.tensor2d(distances, [distances.length, 1]);
  return kernel.gram(x, tf.zeros([1, 1]), rawOf(kernel, 1), tf.ones([1]));
}

test('every kernel function is found, and has a name and samples', (t) => {
  t.deepEqual(CLASSES.map(({ className }) => className).sort(), [
    'MaternKernel',
    'ProductKernel',
    'RationalQuadraticKernel',
    'SquaredExponentialKernel',
    'SumKernel',
  ]);
  for (const Class of CLASSES) t.deepEqual(concreteFaults(Class), []);
});

onEachBackend(test, 'values are those of the formulas', (t) => {
  const distances = [0, 1e-3, 0.3, 1, 2.5, 6, 100];
  const formulas: [KernelFunction, (r: number) => number][] = [
    [new SquaredExponentialKernel(), (r) => Math.exp((-r * r) / 2)],
    [new MaternKernel({ nu: 0.5 }), (r) => Math.exp(-r)],
    [new MaternKernel({ nu: 1.5 }), (r) => (1 + Math.sqrt(3) * r) * Math.exp(-Math.sqrt(3) * r)],
    [new MaternKernel(), (r) => (1 + Math.sqrt(5) * r + (5 * r * r) / 3) * Math.exp(-Math.sqrt(5) * r)],
    [new RationalQuadraticKernel({ alpha: 0.7 }), (r) => (1 + (r * r) / 1.4) ** -0.7],
    [new SquaredExponentialKernel({ lengthScale: 2, ard: false }), (r) => Math.exp((-r * r) / 8)],
    [
      new SumKernel({ kernels: [new SquaredExponentialKernel(), new MaternKernel({ nu: 0.5 })] }),
      (r) => (Math.exp((-r * r) / 2) + Math.exp(-r)) / 2,
    ],
    [
      new ProductKernel({ kernels: [new RationalQuadraticKernel(), new MaternKernel({ nu: 0.5, lengthScale: 3 })] }),
      (r) => Math.exp(-r / 3) / (1 + (r * r) / 2),
    ],
  ];
  tf.tidy(() => {
    for (const [kernel, formula] of formulas) {
      assertClose(t, along(kernel, distances), distances.map(formula), 2e-6, kernel.className);
    }
  });
});

onEachBackend(test, 'each coordinate has a length of its own, which cannot fall below a hundredth', (t) => {
  tf.tidy(() => {
    const kernel = new SquaredExponentialKernel({ lengthScale: 2 });
    const unit = tf.tensor1d([0.5, 3]);
    const x = tf.tensor2d([[0.7, -1.2]]);
    const at = (raw: number[], w: number[]) => kernel.gram(x, tf.tensor2d([w]), tf.tensor1d(raw), unit);
    const length = (raw: number) => 0.01 + 0.99 * Math.exp(raw);
    const squares = (0.4 / (2 * 0.5 * length(0.3))) ** 2 + (2 / (2 * 3 * length(-0.5))) ** 2;
    assertClose(t, at([0.3, -0.5], [0.3, 0.8]), [Math.exp(-squares / 2)], 1e-6);
    assertClose(t, at([-1000, -1000], [0.71, -1.2]), [Math.exp(-0.5)], 1e-5);
    t.is(kernel.parameterCount(2), 2);
    t.is(new MaternKernel({ ard: false }).parameterCount(2), 1);
    t.is(new SumKernel({ kernels: [kernel, new RationalQuadraticKernel()] }).parameterCount(2), 2 + 3 + 2);
  });
});

onEachBackend(test, 'the smoother a kernel, the flatter it is at zero', (t) => {
  tf.tidy(() => {
    const kernels = [...([0.5, 1.5, 2.5] as const).map((nu) => new MaternKernel({ nu })), new SquaredExponentialKernel()]; // prettier-ignore
    for (const r of [0.05, 0.2, 0.5]) {
      const values = kernels.map((kernel) => along(kernel, [r]).dataSync()[0]);
      t.deepEqual(values, values.toSorted());
    }
    for (const kernel of kernels) assertClose(t, along(kernel, [0]), [1], 2e-6);
  });
});

for (const { name, make } of SAMPLES) {
  onEachBackend(test, `${name}: Gram matrices are symmetric and positive semidefinite`, (t) => {
    tf.tidy(() => {
      const kernel = make();
      const count = 24;
      const x = new RandomStream('x').normalTensor([count, 3]);
      const gram = kernel.gram(x, x, rawOf(kernel, 3, 0.3), tf.fill([3], 1.5));
      assertClose(t, gram, tf.transpose(gram), 1e-6);
      const least = leastEigenvalue(Float64Array.from(gram.dataSync()), count);
      t.true(least > -1e-5, `${least}`);
    });
  });

  onEachBackend(test, `${name}: gradients match differences, and are finite where points meet`, (t) => {
    tf.tidy(() => {
      const kernel = make();
      const stream = new RandomStream('gradients');
      const inputs = [
        stream.normalTensor([3, 2]),
        stream.normalTensor([4, 2]),
        rawOf(kernel, 2, 0.2),
        tf.tensor1d([1.2, 0.8]),
      ];
      const weights = stream.normalTensor([3, 4]);
      const value = (...at: Tensor[]) => tf.sum(tf.mul(kernel.gram(at[0], at[1], at[2], at[3]), weights));
      const gradients = tf.grads(value)(inputs);
      const h = 4e-3;
      inputs.forEach((input, which) => {
        const start = input.dataSync();
        const slopes = Array.from(start, (_, i) => {
          const shifted = (by: number) => {
            const moved = Float32Array.from(start).map((entry, j) => (i === j ? entry + by : entry));
            return value(...inputs.with(which, tf.tensor(moved, input.shape))).dataSync()[0];
          };
          return (shifted(h) - shifted(-h)) / (2 * h);
        });
        assertClose(t, gradients[which], slopes, 1e-3, `input ${which}`);
      });
      const met = tf.grads(value)([inputs[0], tf.concat([inputs[0], tf.ones([1, 2])]), inputs[2], inputs[3]]);
      t.true(met.every((gradient) => gradient.dataSync().every(Number.isFinite)));
    });
  });

  test(`${name}: its options rebuild it`, (t) => {
    const saved = serialize(make());
    const again = deserialize(JSON.parse(JSON.stringify(saved)) as SerializedObject, libraryCatalogue(), 'test');
    t.deepEqual(serialize(again), saved);
  });
}

test('what makes no kernel is refused', (t) => {
  for (const lengthScale of [0, -1, NaN, Infinity]) {
    t.throws(() => new SquaredExponentialKernel({ lengthScale }), {
      instanceOf: FlowConfigError,
      message: `SquaredExponentialKernel.lengthScale: expected a positive number, got ${lengthScale}.`,
    });
  }
  t.throws(() => new MaternKernel({ nu: 2 as never }), {
    message: 'MaternKernel.nu: expected 0.5, 1.5 or 2.5, got 2.',
  });
  t.throws(() => new RationalQuadraticKernel({ alpha: 0 }), {
    message: /RationalQuadraticKernel.alpha: expected a pos/,
  });
  t.throws(() => new SumKernel({ kernels: [] }), { message: 'SumKernel: expected at least one kernel, got none.' });
  t.throws(() => new ProductKernel({ kernels: [] }), { instanceOf: FlowConfigError });
});

/** By Jacobi's rotations, in doubles; the matrix is overwritten. */
function leastEigenvalue(a: Float64Array, n: number): number {
  for (let sweep = 0; sweep < 12; sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const angle = 0.5 * Math.atan2(2 * a[p * n + q], a[q * n + q] - a[p * n + p]);
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (let k = 0; k < n; k++) {
          const [u, v] = [a[k * n + p], a[k * n + q]];
          [a[k * n + p], a[k * n + q]] = [c * u - s * v, s * u + c * v];
        }
        for (let k = 0; k < n; k++) {
          const [u, v] = [a[p * n + k], a[q * n + k]];
          [a[p * n + k], a[q * n + k]] = [c * u - s * v, s * u + c * v];
        }
      }
    }
  }
  return Math.min(...Array.from({ length: n }, (_, i) => a[i * n + i]));
}
