import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import { estimatedLogDet, termWeights } from '../../src/bijectors/residual/residual-log-det.js';
import { rademacherProbes } from '../../src/fields/probes.js';
import {
  FlowConfigError,
  FlowNumericsError,
  Invert,
  InvertibleResidual,
  LipschitzConvNet,
  LipschitzMLP,
  MLP,
  RandomStream,
  ready,
  type InvertibleResidualOptions,
} from '../../src/index.js';
import { inTrainingMode } from '../../src/training-mode.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { golden } from '../support/golden.js';
import { perturb } from '../support/perturb.js';

interface GoldenBlock {
  readonly D: number;
  readonly hidden: number;
  readonly W1: number[][];
  readonly b1: number[];
  readonly W2: number[][];
  readonly b2: number[];
  readonly x: number[][];
  readonly y: number[][];
  readonly logdet: number[];
}

onEachBackend(test, 'it is the block of the reference, in both directions', (t) => {
  for (const { D, hidden, W1, b1, W2, b2, x, y, logdet } of golden<GoldenBlock>('residual_block').cases) {
    using block = new InvertibleResidual({
      network: new LipschitzMLP({ dims: D, hidden: [hidden], activation: 'tanh' }),
    });
    const values: Record<string, Tensor> = {
      'network.dense0.kernel': tf.transpose(tf.tensor2d(W1)),
      'network.dense0.bias': tf.tensor1d(b1),
      'network.output.kernel': tf.transpose(tf.tensor2d(W2)),
      'network.output.bias': tf.tensor1d(b2),
    };
    for (const { path, variable } of block.parameters) variable.assign(values[path]);
    tf.tidy(() => {
      const [image, logDet] = block.inverseAndLogDet(tf.tensor2d(x));
      assertClose(t, image, y.flat(), 1e-5, 'values');
      assertClose(t, logDet, logdet, 1e-5, 'log-determinants');
      const [back, backLogDet] = block.forwardAndLogDet(tf.tensor2d(y));
      assertClose(t, back, x.flat(), 1e-5, 'back');
      assertClose(t, tf.neg(backLogDet), logdet, 1e-5, 'log-determinants back');
    });
    tf.dispose(values);
  }
});

/** A block whose parameters are anywhere, with contexts if it takes them. */
function anywhere(scale: number, options: ConstructorParameters<typeof LipschitzMLP>[0], seed = 'anywhere') {
  const block = new InvertibleResidual({ network: new LipschitzMLP({ hidden: [12, 9], ...options, seed }) });
  perturb(block, seed, scale);
  return block;
}

onEachBackend(test, 'it comes back from everywhere, whatever the parameters', (t) => {
  for (const scale of [1, 3]) {
    for (const dims of [1, 2, 6, 20]) {
      using block = anywhere(scale, { dims });
      tf.tidy(() => {
        const x = tf.mul(new RandomStream('x').normalTensor([40, dims]), scale);
        const [z, logDet] = block.inverseAndLogDet(x);
        const [back, backLogDet] = block.forwardAndLogDet(z);
        assertClose(t, back, x, 3e-4, `${dims} numbers at scale ${scale}`);
        assertClose(t, tf.neg(backLogDet), logDet, 1e-3, `log-determinants of ${dims} numbers at scale ${scale}`);
        t.deepEqual(logDet.shape, [40]);
      });
    }
  }
});

/** Mean of rows and its standard error, `[columns]` each. */
function meanAndError(rows: readonly Float32Array[]): { mean: number[]; error: number[] } {
  const count = rows.length;
  const mean = Array.from(rows[0], (_, j) => rows.reduce((sum, row) => sum + row[j], 0) / count);
  const variance = mean.map((m, j) => rows.reduce((sum, row) => sum + (row[j] - m) ** 2, 0) / (count - 1));
  return { mean, error: variance.map((v) => Math.sqrt(v / count)) };
}

const ROULETTE = { estimator: 'roulette', terms: 2, probes: 1, stopProbability: 0.5 } as const;

test.serial('the mean of 10000 estimates is the exact log-determinant, within four standard errors', async (t) => {
  await ready({ backend: 'wasm' });
  using block = new InvertibleResidual({ network: new LipschitzMLP({ dims: 3, hidden: [8], lipschitz: 0.6 }) });
  perturb(block, 'estimate', 1);
  tf.tidy(() => {
    // One point often: a hundred probes share each draw of a number of terms.
    const x = tf.tile(tf.tensor2d([[0.3, -0.6, 0.2]]), [100, 1]);
    const exact = block.inverseAndLogDet(x)[1].dataSync()[0];
    const at = block.network.bind(null).at(x);
    const stream = new RandomStream('roulette');
    const means = Array.from({ length: 100 }, () =>
      tf.tidy(() => {
        const probes = rademacherProbes(stream, 1, 100, 3);
        return tf.mean(estimatedLogDet(at, probes, termWeights(ROULETTE, stream))).dataSync<'float32'>();
      }),
    );
    const { mean, error } = meanAndError(means);
    t.true(Math.abs(mean[0] - exact) < 4 * error[0], `${mean[0]} ± ${error[0]}, not ${exact}`);
    t.true(error[0] < 0.1 * Math.abs(exact), `a standard error of ${error[0]} tells nothing of ${exact}`);
  });
});

test.serial('gradients of estimates are those of the exact log-determinant on average', async (t) => {
  await ready({ backend: 'wasm' });
  using block = new InvertibleResidual({ network: new LipschitzMLP({ dims: 2, hidden: [4], lipschitz: 0.5 }) });
  perturb(block, 'gradients', 1);
  tf.tidy(() => {
    const x = tf.tile(tf.tensor2d([[0.3, -0.6]]), [50, 1]);
    // The last bias does not enter.
    const variables = block.parameters.filter(({ path }) => path !== 'network.output.bias').map(({ variable }) => variable); // prettier-ignore
    const gradient = (logDet: (x: Tensor) => Tensor) => {
      const flat = (gradients: readonly Tensor[]) => tf.concat(gradients.map((g) => tf.reshape(g, [-1])));
      const byWeights = tf.variableGrads(() => tf.mean(logDet(x)), variables).grads;
      const byPoint = tf.mean(tf.grad((at: Tensor) => tf.sum(logDet(at)))(x), 0);
      return flat([byPoint, ...variables.map(({ name }) => byWeights[name])]).dataSync<'float32'>();
    };
    const exact = gradient((at) => block.inverseAndLogDet(at)[1]);
    const stream = new RandomStream('roulette');
    const found = Array.from({ length: 200 }, () =>
      tf.tidy(() => {
        const [probes, weights] = [rademacherProbes(stream, 1, 50, 2), termWeights(ROULETTE, stream)];
        return gradient((at) => estimatedLogDet(block.network.bind(null).at(at), probes, weights));
      }),
    );
    const { mean, error } = meanAndError(found);
    mean.forEach((value, i) =>
      t.true(Math.abs(value - exact[i]) < 4.5 * error[i] + 1e-6, `${i}: ${value} ± ${error[i]}, not ${exact[i]}`),
    );
  });
});

onEachBackend(test, 'a long series is the exact log-determinant where probes are without error', (t) => {
  // With one number an event, v J v is J.
  const network = () => new LipschitzMLP({ dims: 1, hidden: [6], lipschitz: 0.7 });
  using exact = new InvertibleResidual({ network: network() });
  perturb(exact, 'series', 1);
  const slope = (block: InvertibleResidual, x: Tensor) =>
    tf.grad((at: Tensor) => tf.sum(block.inverseAndLogDet(at)[1]))(x);
  for (const [terms, allowed] of [
    [40, 2e-6],
    [3, 0.06],
  ]) {
    // prettier-ignore
    using block = new InvertibleResidual({ network: network(), evaluationLogDet: { estimator: 'series', terms } });
    perturb(block, 'series', 1);
    tf.tidy(() => {
      const x = new RandomStream('x').normalTensor([20, 1]);
      const { logDet, logDetError } = block.report('inverse', x);
      assertClose(t, logDet, block.inverseAndLogDet(x)[1], 0, 'as reported');
      const worst = Math.max(...logDetError.dataSync());
      t.true(worst < allowed && (terms === 40 || worst > 1e-4), `${terms} terms: ${worst}`);
      if (terms === 40) assertClose(t, slope(block, x), slope(exact, x), 1e-5, 'gradient');
    });
  }
});

onEachBackend(test, 'estimates change from step to step of training, and not otherwise', (t) => {
  using block = new InvertibleResidual({
    network: new LipschitzMLP({ dims: 5, hidden: [6], initialOutput: 'random' }),
    logDet: { estimator: 'roulette' },
    evaluationLogDet: { estimator: 'series', probes: 2 },
  });
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([4, 5]);
    const logDet = () => block.inverseAndLogDet(x)[1].dataSync();
    const inStep = (step: number) => inTrainingMode(new RandomStream(step), logDet);
    t.deepEqual(logDet(), logDet());
    t.deepEqual(inStep(1), inStep(1));
    t.notDeepEqual(inStep(1), inStep(2));
    t.notDeepEqual(inStep(1), logDet());
  });
});

for (const dims of [3, 17]) {
  onEachBackend(test, `${dims} numbers: generated points have the derivatives of an inverse`, (t) => {
    using block = anywhere(1, { dims, lipschitz: 0.9 });
    tf.tidy(() => {
      const z = new RandomStream('z').normalTensor([3, dims]);
      const weights = new RandomStream('weights').normalTensor([3, dims]);
      /** `z` again, and zero: whatever is differentiated through both directions has to vanish. */
      const there = (at: Tensor) => {
        const [x, logDet] = block.forwardAndLogDet(at);
        const [back, backLogDet] = block.inverseAndLogDet(x);
        return tf.add(tf.sum(tf.mul(back, weights)), tf.sum(tf.add(logDet, backLogDet))) as tf.Scalar;
      };
      assertClose(t, tf.grad(there)(z), weights, 1e-4, 'by points');
      const { grads } = tf.variableGrads(() => there(z), block.trainableVariables);
      for (const [name, gradient] of Object.entries(grads)) {
        assertClose(t, gradient, new Float32Array(gradient.size), 5e-4, name);
      }
      const twice = () => tf.grad((at: Tensor) => tf.sum(tf.square(tf.grad(there)(at))))(z);
      if (dims === 3) assertClose(t, twice(), new Float32Array(9), 2e-3, 'twice');
      else {
        t.throws(twice, {
          instanceOf: FlowConfigError,
          message: /^InvertibleResidual\.forward: expected first derivatives, of events with more than 16 numbers, got gradients nested 2 deep/,
        }); // prettier-ignore
      }
    });
  });
}

onEachBackend(test, 'inverted, its other direction is the direct one', (t) => {
  using block = new Invert({ bijector: anywhere(1, { dims: 2 }) });
  tf.tidy(() => {
    const z = new RandomStream('z').normalTensor([8, 2]);
    const [x, logDet] = block.forwardAndLogDet(z);
    assertClose(t, x, (block.bijector as InvertibleResidual).inverse(z), 1e-6);
    const [back, backLogDet] = block.inverseAndLogDet(x);
    assertClose(t, back, z, 1e-4);
    assertClose(t, backLogDet, tf.neg(logDet), 1e-3);
  });
});

onEachBackend(test, 'densities have second derivatives', (t) => {
  using block = anywhere(0.5, { dims: 2 });
  tf.tidy(() => {
    const x = new RandomStream('x').normalTensor([1, 2]);
    const score = (at: Tensor) => tf.grad((y: Tensor) => tf.sum(block.inverseAndLogDet(y)[1]))(at);
    const direction = tf.tensor2d([[0.6, -0.8]]);
    const found = tf.grad((at: Tensor) => tf.sum(tf.mul(score(at), direction)))(x);
    const step = (h: number) => score(tf.add(x, tf.mul(direction, h)));
    assertClose(t, found, tf.div(tf.sub(step(0.01), step(-0.01)), 0.02), 2e-3);
  });
});

onEachBackend(test, 'what does not converge is named, and nothing leaks', (t) => {
  using block = new InvertibleResidual({
    network: new LipschitzMLP({ dims: 2, hidden: [], initialOutput: 'random' }),
    maxSteps: 3,
  });
  perturb(block, 'slow', 5);
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const z = new RandomStream('z').normalTensor([4, 2]);
    const error = t.throws(() => block.forward(z), {
      instanceOf: FlowNumericsError,
      message: /^InvertibleResidual\.forward: expected a fixed point within 3 steps, got a residual of .* in row 0 and 3 others unconverged/,
    }); // prettier-ignore
    t.is(error.row, 0);
    t.throws(() => block.report('forward', z), { message: /^InvertibleResidual\.report: expected a fixed point/ });
  });
  t.is(tf.memory().numTensors, before);
});

onEachBackend(test, 'a report tells of steps and errors', (t) => {
  using block = new InvertibleResidual({
    network: new LipschitzConvNet({ eventShape: [3, 3, 2], hidden: [4], initialOutput: 'random' }),
    evaluationLogDet: { estimator: 'series', probes: 3 },
  });
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const z = new RandomStream('z').normalTensor([2, 2, 3, 3, 2]);
    const forward = block.report('forward', z);
    const [x, logDet] = block.forwardAndLogDet(z);
    assertClose(t, forward.value, x, 1e-6);
    assertClose(t, forward.logDet, logDet, 1e-6);
    t.deepEqual(forward.logDetError.shape, [2, 2]);
    t.true(forward.steps > 0 && forward.residual > 0 && forward.residual < 1e-5);
    const inverse = block.report('inverse', x);
    assertClose(t, inverse.value, z, 1e-4);
    t.is(inverse.steps, 0);
    const errors = inverse.logDetError.dataSync();
    t.true(Math.max(...errors) < 1 && Math.min(...errors) > 0, `${errors.join(' ')}`);
    t.is(block.report('forward', tf.zeros([0, 3, 3, 2])).steps, 0);
  });
  t.is(tf.memory().numTensors, before);
});

test('impossible options are refused', (t) => {
  const table: readonly [Partial<InvertibleResidualOptions>, RegExp][] = [
    [{ network: new MLP({ inputs: 2, outputs: 2, hidden: [3] }) as never }, /^InvertibleResidual\.network: expected a LipschitzNetwork, such as a LipschitzMLP/],
    [{ tolerance: -1 }, /^InvertibleResidual: expected tolerance > 0, got -1\./],
    [{ maxSteps: 0 }, /^InvertibleResidual: expected maxSteps: a positive integer, got 0\./],
    [{ logDet: { estimator: 'trace' as never } }, /^InvertibleResidual\.logDet\.estimator: expected one of exact, series, roulette, got "trace"\./],
    [{ logDet: { terms: 0 } }, /^InvertibleResidual\.logDet\.terms: expected a positive integer, got 0\./],
    [{ evaluationLogDet: { probes: 0.5 } }, /^InvertibleResidual\.evaluationLogDet\.probes: /],
    [{ logDet: { stopProbability: 1 } }, /^InvertibleResidual\.logDet\.stopProbability: expected a probability in \(0, 1\), got 1\./],
  ]; // prettier-ignore
  for (const [options, message] of table) {
    t.throws(() => new InvertibleResidual({ network: new LipschitzMLP({ dims: 2 }), ...options }), { instanceOf: FlowConfigError, message }); // prettier-ignore
  }
});
