import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  FlowConfigError,
  LipschitzConvNet,
  LipschitzMLP,
  RandomStream,
  type LipschitzActivationName,
  type LipschitzConvNetOptions,
  type LipschitzMLPOptions,
  type LipschitzNetwork,
} from '../../../src/index.js';
import { libraryCatalogue } from '../../../src/io/catalogue.js';
import { deserialize, serialize, type SerializedObject } from '../../../src/io/config.js';
import { sizeOf } from '../../../src/shapes.js';
import { onEachBackend } from '../../support/backends.js';
import { assertClose } from '../../support/close.js';
import { perturb } from '../../support/perturb.js';
import { singularValues } from '../../support/singular-values.js';

const SAMPLES: readonly (() => LipschitzNetwork)[] = [...LipschitzMLP.samples, ...LipschitzConvNet.samples];

const ACTIVATIONS: readonly LipschitzActivationName[] = [
  'lipSwish',
  'tanh',
  'softplus',
  'elu',
  'relu',
  'leakyRelu',
  'sigmoid',
];

function inputsOf(net: LipschitzNetwork, rows: number): [x: Tensor, context: Tensor | null] {
  const stream = new RandomStream('inputs');
  const x = stream.split('x').normalTensor([rows, ...net.eventShape]);
  return [x, net.contextShape && stream.split('context').normalTensor([rows, ...net.contextShape])];
}

/** Largest singular value of the Jacobian at each of some points. */
function stretches(net: LipschitzNetwork, x: Tensor, context: Tensor | null): number[] {
  const [rows] = x.shape;
  const dims = sizeOf(net.eventShape);
  return tf.tidy(() => {
    const eye = tf.reshape(tf.eye(dims), [dims, 1, ...net.eventShape]);
    const pushed = tf.reshape(net.bind(context).at(x).push(eye), [dims, rows, dims]);
    const jacobians = tf.transpose(pushed, [1, 0, 2]).arraySync() as number[][][];
    return jacobians.map((jacobian) => singularValues(jacobian)[0]);
  });
}

SAMPLES.forEach((build, index) => {
  onEachBackend(test, `sample ${index}: whatever the weights, it is a contraction`, (t) => {
    for (const scale of [0, 0.3, 3, 30]) {
      using net = build();
      perturb(net, `scale ${scale}`, scale);
      tf.tidy(() => {
        const [x, context] = inputsOf(net, 12);
        const most = Math.max(...stretches(net, x, context));
        t.true(most <= net.lipschitz + 1e-5, `slope ${most} at scale ${scale}`);
        const other = tf.add(x, tf.mul(new RandomStream('other').normalTensor(x.shape), 0.5));
        const length = (a: Tensor, b: Tensor) => tf.norm(tf.reshape(tf.sub(a, b), [12, -1]), 2, 1);
        const ratios = tf.div(length(net.apply(x, context), net.apply(other, context)), length(x, other)).dataSync();
        t.true(Math.max(...ratios) <= net.lipschitz + 1e-4, `ratio ${Math.max(...ratios)} at scale ${scale}`);
      });
    }
  });

  onEachBackend(test, `sample ${index}: products with Jacobians are those of gradients`, (t) => {
    using net = build();
    perturb(net, 'products');
    tf.tidy(() => {
      const [x, context] = inputsOf(net, 3);
      const [w, v] = ['w', 'v'].map((seed) => new RandomStream(seed).normalTensor(x.shape));
      const at = net.bind(context).at(x);
      assertClose(t, at.value, net.apply(x, context), 1e-6, 'values');
      const pulled = tf.grad((y: Tensor) => tf.sum(tf.mul(net.apply(y, context), w)))(x);
      assertClose(t, at.pull(w), pulled, 1e-5, 'transposed');
      assertClose(t, at.pull(w, at.kept), pulled, 1e-5, 'transposed, from what was kept');
      const product = (a: Tensor, b: Tensor) => tf.sum(tf.reshape(tf.mul(a, b), [3, -1]), 1);
      const pushed = at.push(tf.stack([v, tf.mul(v, 2)]));
      assertClose(t, product(tf.gather(pushed, 0), w), product(v, pulled), 1e-5, 'along one direction');
      assertClose(t, tf.gather(pushed, 1), tf.mul(tf.gather(pushed, 0), 2), 1e-5, 'along another');
      const same = tf.tile(tf.slice(v, 0, 1), [3, ...net.eventShape.map(() => 1)]);
      const shared = at.push(tf.expandDims(tf.slice(v, 0, 1), 0));
      assertClose(t, shared, at.push(tf.expandDims(same, 0)), 1e-5, 'along one for all rows');
    });
  });

  onEachBackend(test, `sample ${index}: weights have gradients, its options rebuild it, and it leaks nothing`, (t) => {
    const before = tf.memory().numTensors;
    const net = build();
    perturb(net, 'gradient');
    const [x, context] = inputsOf(net, 5);
    const held = tf.memory().numTensors;
    tf.dispose(net.apply(x, context));
    t.is(tf.memory().numTensors, held);
    tf.tidy(() => {
      const loss = () => tf.sum(tf.square(net.apply(x, context))) as tf.Scalar;
      const { grads } = tf.variableGrads(loss, net.trainableVariables);
      for (const { path, variable } of net.parameters) {
        const gradient = grads[variable.name].dataSync();
        t.true(gradient.some((g) => g !== 0) && gradient.every(Number.isFinite), `${path} has no gradient`);
      }
    });
    const saved = JSON.parse(JSON.stringify(serialize(net))) as SerializedObject;
    using again = deserialize(saved, libraryCatalogue(), 'test') as LipschitzNetwork;
    using fresh = build();
    t.deepEqual(serialize(again), saved);
    tf.tidy(() => t.deepEqual(again.apply(x, context).dataSync(), fresh.apply(x, context).dataSync()));
    fresh.dispose();
    again.dispose();
    net.dispose();
    tf.dispose([x, context].filter((tensor) => tensor !== null));
    t.is(tf.memory().numTensors, before);
  });
});

for (const activation of ACTIVATIONS) {
  onEachBackend(test, `${activation} is no steeper than 1, and slopes are its own`, (t) => {
    // One unit, through which everything goes.
    using net = new LipschitzMLP({ dims: 1, hidden: [1], activation, lipschitz: 0.9999 });
    tf.tidy(() => {
      for (const { variable } of net.parameters.filter(({ path }) => path.endsWith('kernel'))) {
        variable.assign(tf.ones([1, 1]));
      }
      const x = tf.expandDims(tf.linspace(-8, 8, 1601), 1);
      const at = net.bind(null).at(x);
      const slopes = at.push(tf.ones([1, 1, 1])).dataSync();
      t.true(Math.max(...slopes.map(Math.abs)) <= 1, 'slopes');
      assertClose(t, slopes, tf.grad((y: Tensor) => net.apply(y))(x), 1e-5);
      if (activation === 'lipSwish') t.true(Math.max(...slopes) > 0.999, 'nearly 1 somewhere');
    });
  });
}

onEachBackend(test, 'without another start, networks emit zero', (t) => {
  for (const net of [
    new LipschitzMLP({ dims: 2 }),
    new LipschitzMLP({ dims: 2, hidden: [], contextShape: [2] }),
    new LipschitzConvNet({ eventShape: [4, 4, 2] }),
  ]) {
    tf.tidy(() => {
      const [x, context] = inputsOf(net, 3);
      assertClose(t, net.apply(x, context), tf.zerosLike(x), 0);
    });
    net.dispose();
  }
});

test('impossible options are refused', (t) => {
  const mlp: readonly [Partial<LipschitzMLPOptions>, RegExp][] = [
    [{ dims: 0 }, /^LipschitzMLP\.dims: expected a positive integer, got 0\./],
    [{ hidden: [3, 0] }, /^LipschitzMLP\.hidden\[1\]: expected a positive integer, got 0\./],
    [{ activation: 'silu' as never }, /^LipschitzMLP\.activation: expected one of lipSwish, relu, .*, got "silu"\. Slopes/],
    [{ lipschitz: 1 }, /^LipschitzMLP\.lipschitz: expected a Lipschitz constant in \(0, 1\), got 1\./],
    [{ lipschitz: 0 }, /^LipschitzMLP\.lipschitz: /],
    [{ initialOutput: 'one' as never }, /^LipschitzMLP\.initialOutput: expected "random" or "zero", got "one"\./],
    [{ contextShape: [0] }, /^LipschitzMLP\.contextShape: /],
  ]; // prettier-ignore
  for (const [options, message] of mlp) {
    t.throws(() => new LipschitzMLP({ dims: 2, ...options }), { instanceOf: FlowConfigError, message });
  }
  const conv: readonly [Partial<LipschitzConvNetOptions>, RegExp][] = [
    [{ eventShape: [4] }, /^LipschitzConvNet\.eventShape: expected \[height, width, channels\], got \[4\]\./],
    [{ eventShape: [4, 0, 1] }, /^LipschitzConvNet\.eventShape\[1\]: expected a positive integer, got 0\./],
    [{ hidden: [0] }, /^LipschitzConvNet\.hidden\[0\]: /],
    [{ kernelSizes: [3] }, /^LipschitzConvNet\.kernelSizes: expected 3 filter sizes, one a layer, got 1\./],
    [{ kernelSizes: [3, 2, 3] }, /^LipschitzConvNet\.kernelSizes\[1\]: expected an odd positive integer, got 2\./],
    [{ activation: 'gelu' as never }, /^LipschitzConvNet\.activation: /],
    [{ lipschitz: 1.5 }, /^LipschitzConvNet\.lipschitz: /],
    [{ initialOutput: 'one' as never }, /^LipschitzConvNet\.initialOutput: /],
    [{ contextShape: [-1] }, /^LipschitzConvNet\.contextShape: /],
  ];
  for (const [options, message] of conv) {
    t.throws(() => new LipschitzConvNet({ eventShape: [4, 4, 2], ...options }), { instanceOf: FlowConfigError, message }); // prettier-ignore
  }
});
