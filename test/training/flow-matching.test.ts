import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  Affine,
  Chain,
  ConditionalNormal,
  ContinuousBijector,
  cosine,
  fit,
  Flow,
  FlowConfigError,
  flowMatching,
  Invert,
  LearnedTime,
  linearPath,
  MLPField,
  Normal,
  optimalTransport,
  RandomStream,
  ready,
  Standardize,
  type Bijector,
  type Distribution,
  type FlowMatchingOptions,
  type Objective,
  type VectorField,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { FormulaField } from '../support/formula-field.js';
import { gaussianRows, MEAN, SCALE, smallFlow } from './support.js';

const stream = new RandomStream('flow-matching');
const batchOf = (rows: number, context: Tensor | null = null) => ({ x: stream.normalTensor([rows, 2]), context });
const zero = () => new FormulaField([2], (_t, z) => tf.zerosLike(z));
const flowOf = (...bijectors: Bijector[]) => new Flow({ base: Normal.standard([2]), bijector: new Chain({ bijectors }) }); // prettier-ignore
const continuous = (field: VectorField = zero(), span: [number, number] = [0, 1]) => new ContinuousBijector({ field, span }); // prettier-ignore

/** What a path was asked for: noise, data, times. */
function spy(): { readonly seen: number[][]; readonly objective: Objective } {
  const seen: number[][] = [];
  const objective = flowMatching({
    path: (x0, x1, t, own) => {
      seen.push(...[x0, x1, t].map((tensor) => [...tensor.dataSync()]));
      return linearPath()(x0, x1, t, own);
    },
  });
  return { seen, objective };
}

onEachBackend(test, 'the loss is the mean over rows of the squared error, summed over coordinates', (t) => {
  using flow = flowOf(continuous(new FormulaField([2], (time, z) => tf.add(tf.mul(z, time), time))));
  tf.tidy(() => {
    const { seen, objective } = spy();
    const batch = batchOf(6);
    const loss = objective(flow, batch, stream);
    const [x0, x1, times] = seen;
    assertClose(t, x1, batch.x, 0);
    t.true(times.length === 6 && times.every((time) => time >= 0 && time < 1));
    const errors = x0.map((noise, i) => {
      const time = times[Math.floor(i / 2)];
      const point = (1 - time) * noise + time * x1[i];
      return (time * point + time - (x1[i] - noise)) ** 2;
    });
    assertClose(t, loss, [errors.reduce((a, b) => a + b, 0) / 6], 1e-5);
    t.is(loss.rank, 0);
  });
});

for (const span of [
  [1, 0],
  [0, 3],
  [2, -2],
] as [number, number][]) {
  onEachBackend(test, `times [${span.join(', ')}] of the field stand for [0, 1] of the path`, (t) => {
    const [base, data] = span;
    const plain = flowOf(continuous(new FormulaField([2], (time, z) => tf.add(z, tf.square(time)))));
    // The same motion at another speed: dz/dτ = v((τ − a) / (b − a)) / (b − a).
    const scaled = new FormulaField([2], (time, z) => {
      const path = tf.div(tf.sub(time, base), data - base);
      return tf.div(tf.add(z, tf.square(path)), data - base);
    });
    const other = flowOf(continuous(scaled, span));
    tf.tidy(() => {
      const batch = batchOf(5);
      const [loss, same] = [plain, other].map((flow) => flowMatching()(flow, batch, new RandomStream('step')));
      assertClose(t, tf.mul(same, (data - base) ** 2), loss, 1e-5);
      const z = stream.normalTensor([3, 2]);
      assertClose(t, other.forward(z), plain.forward(z), 1e-4);
    });
    [plain, other].forEach((flow) => flow.dispose());
  });
}

onEachBackend(test, 'data and noise are brought to the ends of the field', (t) => {
  const inner = () => new Affine({ shift: [1, -1], scale: [2, 0.5] });
  const outer = () => new Standardize({ mean: [3, -4], std: [2, 0.1] });
  const flows: Record<string, Flow> = {
    chain: flowOf(inner(), continuous(), outer()),
    'nested chains': flowOf(new Chain({ bijectors: [inner(), new Chain({ bijectors: [continuous()] })] }), outer()),
    'an inverted chain': flowOf(
      new Invert({
        bijector: new Chain({
          bijectors: [new Invert({ bijector: outer() }), continuous(), new Invert({ bijector: inner() })],
        }),
      }),
    ),
  };
  for (const [name, flow] of Object.entries(flows)) {
    tf.tidy(() => {
      const { seen, objective } = spy();
      const batch = batchOf(4);
      objective(flow, batch, new RandomStream('step'));
      const noise = flow.base.sample(4, { seed: new RandomStream('step').split('noise') });
      assertClose(t, seen[0], inner().forward(noise), 1e-6, `noise, ${name}`);
      assertClose(t, seen[1], outer().inverse(batch.x), 1e-5, `data, ${name}`);
    });
    flow.dispose();
  }
});

onEachBackend(test, 'an inverted field runs from its data side to its base side', (t) => {
  const field = () => new FormulaField([2], (time, z) => tf.sub(tf.mul(time, 2), z));
  using inverted = flowOf(new Invert({ bijector: continuous(field(), [0, 1]) }));
  using reversed = flowOf(continuous(field(), [1, 0]));
  tf.tidy(() => {
    const batch = batchOf(5);
    const [a, b] = [inverted, reversed].map((flow) => flowMatching()(flow, batch, new RandomStream('step')));
    assertClose(t, a, b, 0);
  });
});

onEachBackend(test, 'gradients reach the field and nothing else, as the loss changes', (t) => {
  const field = new MLPField({ dims: 2, hidden: [16] });
  using flow = flowOf(new Affine({ eventShape: [2] }), continuous(field), new Affine({ shift: [1, 2], scale: [1, 3] }));
  tf.tidy(() => {
    const batch = batchOf(8);
    const loss = () => flowMatching({ coupling: optimalTransport() })(flow, batch, new RandomStream('step'));
    const own = new Set(field.parameters.map(({ variable }) => variable.name));
    const { grads } = tf.engine().gradients(loss, flow.trainableVariables as Tensor[], undefined, true);
    flow.trainableVariables.forEach(({ name }, i) => t.is(grads[i] instanceof tf.Tensor, own.has(name), name));
    const [{ variable }] = field.parameters;
    // Along the gradient the loss changes as its length says.
    const g = grads[flow.trainableVariables.indexOf(variable)];
    const step = 1e-3;
    const before = variable.clone();
    const at = (factor: number) => {
      variable.assign(tf.add(before, tf.mul(g, factor * step)) as never);
      return loss().dataSync()[0];
    };
    const slope = (at(1) - at(-1)) / (2 * step);
    variable.assign(before as never);
    assertClose(t, [slope / tf.sum(tf.square(g)).dataSync()[0]], [1], 2e-2);
  });
});

onEachBackend(test, 'contexts reach the field, the base and the bijectors', (t) => {
  const field = new FormulaField([2], (_t, z, context) => tf.mul(z, context!), [2]);
  const base = new ConditionalNormal({ eventShape: [2], contextShape: [2] });
  using flow = new Flow({ base, bijector: continuous(field) });
  tf.tidy(() => {
    const context = stream.normalTensor([5, 2]);
    const { seen, objective } = spy();
    const batch = batchOf(5, context);
    const loss = objective(flow, batch, stream);
    const [x0, x1, times] = seen;
    const given = context.dataSync();
    const errors = x0.map((noise, i) => {
      const time = times[Math.floor(i / 2)];
      return (((1 - time) * noise + time * x1[i]) * given[i] - (x1[i] - noise)) ** 2;
    });
    assertClose(t, loss, [errors.reduce((a, b) => a + b, 0) / 5], 1e-5);
  });
});

onEachBackend(test, 'events of several axes are laid flat for paths and couplings', (t) => {
  const field = new FormulaField([2, 3], (time, z) => tf.mul(z, tf.reshape(time, [-1, 1, 1])));
  using flow = new Flow({ base: Normal.standard([2, 3]), bijector: continuous(field) });
  tf.tidy(() => {
    const batch = { x: stream.normalTensor([4, 2, 3]), context: null };
    const loss = flowMatching({ coupling: optimalTransport() })(flow, batch, stream);
    t.true(Number.isFinite(loss.dataSync()[0]));
  });
});

onEachBackend(test, 'equal streams give equal losses, and nothing is left behind', (t) => {
  using flow = flowOf(
    continuous(new MLPField({ dims: 2, hidden: [16] })),
    new Standardize({ mean: [0, 1], std: [1, 2] }),
  );
  const batch = batchOf(7);
  const before = tf.memory().numTensors;
  const lossOf = (seed: string) => {
    const loss = flowMatching({ coupling: optimalTransport() })(flow, batch, new RandomStream(seed));
    t.is(tf.memory().numTensors, before + 1);
    const [value] = loss.dataSync();
    loss.dispose();
    return value;
  };
  t.is(lossOf('a'), lossOf('a'));
  t.not(lossOf('a'), lossOf('b'));
  batch.x.dispose();
});

test.serial('between two Gaussians the field is the closed form, and the flow has their density', async (t) => {
  await ready({ backend: 'wasm' });
  const field = new MLPField({ dims: 2, hidden: [24, 24], activation: 'silu' });
  using flow = flowOf(continuous(field, [1, 0]));
  await fit(flow, gaussianRows(20_000), {
    steps: 1500,
    batchSize: 512,
    learningRate: 0.03,
    schedule: cosine(),
    objective: flowMatching(),
  });
  tf.tidy(() => {
    // ⟨x₁ − x₀ | x_t⟩ = m + (t s² − (1 − t)) / ((1 − t)² + t² s²) (x_t − t m)
    let [error, size] = [0, 0];
    for (const time of [0.05, 0.2, 0.4, 0.6, 0.8, 0.95]) {
      const variances = SCALE.map((s) => (1 - time) ** 2 + (time * s) ** 2);
      const slopes = SCALE.map((s, i) => (time * s ** 2 - (1 - time)) / variances[i]);
      const offset = tf.mul(stream.normalTensor([500, 2]), tf.tensor1d(variances.map(Math.sqrt)));
      const exact = tf.add(tf.mul(offset, tf.tensor1d(slopes)), tf.tensor1d(MEAN));
      const found = tf.neg(field.apply(1 - time, tf.add(offset, tf.mul(tf.tensor1d(MEAN), time))));
      error += tf.sum(tf.squaredDifference(found, exact)).dataSync()[0];
      size += tf.sum(tf.square(exact)).dataSync()[0];
    }
    t.log(`relative error ${Math.sqrt(error / size).toFixed(4)}`);
    t.true(Math.sqrt(error / size) < 0.05, `relative error ${Math.sqrt(error / size)}`);

    const x = tf.tensor2d(gaussianRows(1000, 'fresh'), [1000, 2]);
    const exact = tf.sum(tf.sub(tf.mul(-0.5, tf.square(tf.div(tf.sub(x, MEAN), SCALE))), tf.log(SCALE)), 1);
    const gap = tf.mean(tf.sub(tf.sub(exact, Math.log(2 * Math.PI)), flow.logProb(x)));
    t.log(`nats above the entropy: ${gap.dataSync()[0].toFixed(4)}`);
    assertClose(t, gap, [0], 0.05, 'nats above the entropy');
    const { mean, variance } = tf.moments(flow.sample(4000, { seed: 'draws' }), 0);
    assertClose(t, mean, MEAN, 0.1, 'mean of draws');
    assertClose(t, tf.sqrt(variance), SCALE, 0.1, 'spread of draws');
  });
});

test.serial('fit standardises, validates and stays deterministic', async (t) => {
  await ready({ backend: 'wasm' });
  const train = async () => {
    using flow = flowOf(continuous(new MLPField({ dims: 2, hidden: [8] })), new Standardize({ eventShape: [2] })); // prettier-ignore
    const history = await fit(flow, gaussianRows(120), {
      epochs: 2,
      batchSize: 40,
      validation: 0.25,
      objective: flowMatching({ coupling: optimalTransport() }),
      seed: 3,
    });
    return history.epochs.map(({ train, validation }) => [train, validation]);
  };
  const [first, again] = [await train(), await train()];
  t.deepEqual(first, again);
  t.true(first.flat().every((loss) => Number.isFinite(loss)));
});

const learned = () => new ContinuousBijector({ field: zero(), learnedTime: new LearnedTime({}) });
const BAD: [title: string, model: () => Distribution, message: RegExp][] = [
  [
    'a flow without a field',
    () => smallFlow(),
    /^flowMatching: expected a Flow with one ContinuousBijector, got one without. Give `bijector` as one/,
  ],
  [
    'two fields',
    () => flowOf(continuous(), continuous()),
    /^flowMatching: expected a Flow with one ContinuousBijector, got 2 of them/,
  ],
  [
    'what is no flow',
    () => Normal.standard([2]),
    /^flowMatching: expected a Flow with one ContinuousBijector, got a Normal/,
  ],
  ['learned times', () => flowOf(learned()), /got one that learns its times. .* leave `learnedTime` out/],
];
for (const [title, build, message] of BAD) {
  test.serial(`refuses ${title}`, (t) => {
    using model = build();
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      t.throws(() => flowMatching()(model, batchOf(3), stream), { instanceOf: FlowConfigError, message });
    });
    t.is(tf.memory().numTensors, before);
  });
}

for (const name of ['path', 'coupling', 'times'] as const) {
  test.serial(`refuses a ${name} of another kind`, (t) => {
    const options = { [name]: 'linear' } as unknown as FlowMatchingOptions;
    const message = new RegExp(`^flowMatching.${name}: expected a function, such as \\w+\\(\\), got linear`);
    t.throws(() => flowMatching(options), { instanceOf: FlowConfigError, message });
  });
}
