import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import * as namespace from '../../src/distributions/index.js';
import { Distribution, FlowConfigError, FlowShapeError, RandomStream, type Shape } from '../../src/index.js';
import { deserialize, serialize, type Catalogue, type SerializedObject } from '../../src/io/config.js';
import { assignParameters } from '../../src/module.js';
import { sizeOf } from '../../src/shapes.js';
import { logSphereArea } from '../../src/numerics/sphere-area.js';
import { perturb } from '../support/perturb.js';
import { differencesOf } from './central-difference.js';
import { expect, expectClose, expectRefusal, expectSame, listsFrom, numbersFrom, type Check } from './expect.js';
import { chiSquareExcess, densityGrid, kolmogorovDistance } from './density-grid.js';
import { normalised } from './spheres.js';

/** A class that the suite tests. */
export interface DistributionClass {
  readonly className: string;
  readonly samples: readonly (() => Distribution)[];
  new (options: never): Distribution;
}

const exported: readonly DistributionClass[] = Object.values(namespace as Record<string, unknown>).filter(
  (value): value is DistributionClass => typeof value === 'function' && value.prototype instanceof Distribution,
);

/** Every concrete distribution that the library exports. A class without a name is a base for others. */
export const distributionClasses = exported.filter(({ className }) => className !== '');

/** Bases that nothing extends, and classes with no samples of their own: both must be empty. */
export const untestedClasses = exported
  .filter((Class) =>
    Class.className === ''
      ? !exported.some((other) => other.prototype instanceof Class)
      : !Object.hasOwn(Class, 'samples') || Class.samples.length === 0,
  )
  .map(({ name }) => name);

const catalogue: Catalogue = new Map(distributionClasses.map((Class) => [Class.className, Class]));

/** A distribution away from its start, with a context if it wants one. */
interface Subject {
  readonly distribution: Distribution;
  readonly context: Tensor | null;
  /** Builds the same again. */
  readonly rebuild: () => Distribution;
}

/** All properties of all samples of the classes given. */
export function distributionChecks(classes: readonly DistributionClass[] = distributionClasses): Check[] {
  return classes.flatMap((Class) =>
    Class.samples.flatMap((make, i) =>
      Object.entries(PROPERTIES).map(([property, verify]) => ({
        name: `${Class.className} ${i}: ${property}`,
        run: () => withSubject(make, verify),
      })),
    ),
  );
}

const PROPERTIES: Record<string, (subject: Subject) => void | Promise<void>> = {
  'shapes follow the batch': shapesFollowTheBatch,
  'rows do not see each other': rowsAreIndependent,
  'options and parameters rebuild it': rebuilds,
  'draws repeat with the seed': drawsRepeat,
  'density integrates to one and draws follow it': drawsFollowTheDensity,
  'density gradients match central differences': densityGradients,
  'gradients flow through rsample alone': sampleGradients,
  'density is never NaN': densityIsNeverNaN,
  'temperature scales draws or is refused': temperature,
  'no tensor is left behind': leavesNoTensors,
  'bad arguments are refused': refusesBadArguments,
};

async function withSubject(
  make: () => Distribution,
  verify: (subject: Subject) => void | Promise<void>,
): Promise<void> {
  const rebuild = () => {
    const distribution = make();
    perturb(distribution, 'contract');
    return distribution;
  };
  const distribution = rebuild();
  const { contextShape } = distribution;
  // Positive, as temperatures are.
  const context = contextShape && tf.tidy(() => tf.exp(new RandomStream('context').normalTensor(contextShape)));
  try {
    await verify({ distribution, context, rebuild });
  } finally {
    distribution.dispose();
    context?.dispose();
  }
}

/** `[...batch, ...eventShape]`, drawn from the distribution. */
function eventsOf({ distribution, context }: Subject, batch: Shape, seed = 'events'): Tensor {
  return tf.reshape(distribution.sample(sizeOf(batch), { seed, context }), [...batch, ...distribution.eventShape]);
}

/** `[...batch, ...contextShape]`, the one context again and again. */
function repeated(context: Tensor | null, batch: Shape): Tensor | null {
  return context && tf.add(tf.zeros([...batch, ...context.shape]), context);
}

function shapesFollowTheBatch(subject: Subject): void {
  const { distribution, context } = subject;
  const batches: Shape[] = [[], [0], [1], [5], [2, 3]];
  tf.tidy(() => {
    for (const batch of batches) {
      const x = eventsOf(subject, batch);
      for (const given of [context, repeated(context, batch)]) {
        expectSame(
          distribution.logProb(x, { context: given }).shape,
          batch,
          `shape of logProb for batch [${batch.join()}]`,
        );
      }
    }
    for (const n of [0, 1, 5]) {
      const shape = [n, ...distribution.eventShape];
      for (const given of [context, repeated(context, [n])]) {
        const options = { seed: 1, context: given };
        const [x, logProb] = distribution.sampleAndLogProb(n, options);
        expectSame(distribution.sample(n, options).shape, shape, 'shape of sample');
        expectSame([x.shape, logProb.shape, x.dtype], [shape, [n], 'float32'], 'shapes of sampleAndLogProb');
        if (distribution.reparameterised) {
          expectSame(distribution.rsample(n, options).shape, shape, 'shape of rsample');
        }
      }
    }
  });
}

async function rowsAreIndependent(subject: Subject): Promise<void> {
  const { distribution, context } = subject;
  const [single, listed, square, drawn, logProb] = await listsFrom(() => {
    const x = eventsOf(subject, [6]);
    const rows = tf.unstack(x).map((row) => distribution.logProb(row, { context }));
    const reshaped = tf.reshape(x, [2, 3, ...distribution.eventShape]);
    return [
      tf.stack(rows),
      distribution.logProb(x, { context: repeated(context, [6]) }),
      distribution.logProb(reshaped, { context: repeated(context, [2, 3]) }),
      ...distribution.sampleAndLogProb(6, { seed: 'events', context }),
    ];
  });
  expectClose(listed, single, 1e-6, 'logProb of a list of events');
  expectClose(square, single, 1e-6, 'logProb of a square of events');
  expectClose(logProb, single, 1e-6, 'log density of sampleAndLogProb');
  expectClose(drawn, await numbersFrom(() => eventsOf(subject, [6])), 0, 'draws of sampleAndLogProb');
}

async function rebuilds(subject: Subject): Promise<void> {
  const { distribution, context } = subject;
  const saved = JSON.parse(JSON.stringify(serialize(distribution))) as SerializedObject;
  const again = deserialize(saved, catalogue, 'contract') as Distribution;
  expectSame(serialize(again), saved, 'options');
  const values = new Map<string, { shape: Shape; values: Float32Array }>();
  for (const { path, variable } of distribution.parameters) {
    values.set(path, { shape: variable.shape, values: Float32Array.from(await variable.data()) });
  }
  assignParameters(again, values, 'contract');
  const outline = (module: Distribution) => module.parameters.map(({ path, trainable }) => ({ path, trainable }));
  expectSame(outline(again), outline(distribution), 'parameters');
  expectSame(
    [again.eventShape, again.contextShape, again.support.map(String), again.reparameterised, again.supportsTemperature],
    [
      distribution.eventShape,
      distribution.contextShape,
      distribution.support.map(String),
      distribution.reparameterised,
      distribution.supportsTemperature,
    ],
    'properties',
  );
  const evaluate = (module: Distribution) => () => {
    const x = eventsOf(subject, [8]);
    return [module.logProb(x, { context }), module.sample(8, { seed: 'again', context })];
  };
  expectSame(await listsFrom(evaluate(again)), await listsFrom(evaluate(distribution)), 'logProb and draws');
  again.dispose();
}

async function drawsRepeat({ distribution, context }: Subject): Promise<void> {
  const stream = new RandomStream(0);
  const [zero, zeroAgain, one, text, first, second] = await listsFrom(() =>
    [0, 0, 1, 'one', stream, stream].map((seed) => distribution.sample(6, { seed, context })),
  );
  expectSame(zeroAgain, zero, 'draws with the same seed');
  expectSame(first, zero, 'draws from a fresh stream of the same seed');
  for (const other of [one, text, second]) {
    expect(
      JSON.stringify(other) !== JSON.stringify(zero),
      'another seed, or a stream that has moved on, drew the same',
    );
  }
}

async function drawsFollowTheDensity(subject: Subject): Promise<void> {
  const { distribution, context } = subject;
  const dims = sizeOf(distribution.eventShape);
  const events = await drawEvents(subject, 'placement');
  const [low, high] = distribution.support.map(Math.fround);
  expect(
    events.flat().every((x) => x >= low && x <= high),
    'a draw lies outside of the support',
  );
  if (distribution.unitVectors) return drawsFollowTheDensityOnSpheres(subject, events);
  if (dims > 2) return;
  const grid = await densityGrid(distribution, events, context);
  const total = grid.masses.reduce((sum, mass) => sum + mass);
  expect(Math.abs(total - 1) <= 1e-3, `exp(logProb) integrates to ${total}`);
  const draws = await drawEvents(subject, 'counts');
  const excess = chiSquareExcess(grid, draws);
  expect(excess < 5, `draws leave the density: chi-square ${excess} deviations above its mean`);
  const distance = kolmogorovDistance(grid, draws);
  expect(distance < 2.2, `draws leave the density: Kolmogorov-Smirnov statistic ${distance}`);
}

/** Means over draws against means over uniform points weighted by the density, of functions that tell distributions apart. */
async function drawsFollowTheDensityOnSpheres(
  { distribution, context }: Subject,
  events: readonly number[][],
): Promise<void> {
  const { eventShape } = distribution;
  const [start, end] = distribution.unitVectors!;
  if (end - start !== eventShape.at(-1)) return;
  const count = 20_000;
  const noise = new RandomStream('uniform').normal(count * sizeOf(eventShape));
  const points = normalised(noise, end, [start, end]);
  const logProbs = await numbersFrom(() =>
    distribution.logProb(tf.tensor(points, [count, ...eventShape]), { context }),
  );
  const logArea = (sizeOf(eventShape) / end) * logSphereArea(end);
  const weights = logProbs.map((value) => Math.exp(value + logArea));
  const width = sizeOf(eventShape);
  const tests: readonly ((at: ArrayLike<number>) => number)[] = [
    () => 1,
    (at) => at[0] * at[0],
    (at) => at[0] * at[width - 1],
    (at) => at[1],
  ];
  for (const [k, value] of tests.entries()) {
    const weighted = weights.map((weight, i) => weight * value(points.subarray(i * width, (i + 1) * width)));
    const drawn = events.map(value);
    const [expected, found] = [meanAndError(weighted), meanAndError(drawn)];
    const allowed = 5 * Math.hypot(expected.error, found.error) + 1e-5;
    expect(
      Math.abs(expected.mean - found.mean) <= allowed,
      `mean of function ${k}: ${found.mean} over draws, ${expected.mean} by the density`,
    );
  }
}

function meanAndError(values: readonly number[]): { mean: number; error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, error: Math.sqrt(variance / values.length) };
}

async function drawEvents({ distribution, context }: Subject, seed: string): Promise<number[][]> {
  const dims = sizeOf(distribution.eventShape);
  const numbers = await numbersFrom(() => distribution.sample(4000, { seed, context }));
  return Array.from({ length: 4000 }, (_, i) => numbers.slice(i * dims, (i + 1) * dims));
}

async function densityGradients(subject: Subject): Promise<void> {
  const { distribution, context } = subject;
  const x = tf.variable(eventsOf(subject, [16]));
  const sum = () => tf.sum(distribution.logProb(x, { context }));
  const variables = [x, ...distribution.trainableVariables];
  const gradients = await gradientsOf(sum, variables);
  // The terms of the sum are added in doubles: float32 would drown the differences.
  const value = async () => {
    const terms = await numbersFrom(() => distribution.logProb(x, { context }));
    return terms.reduce((total, term) => total + term);
  };
  const names = ['x', ...namesOf(distribution)];
  for (const [i, variable] of variables.entries()) {
    const expected = await differencesOf(variable, value);
    expectClose(gradients[i], expected, 5e-3, `gradient of the log density with respect to ${names[i]}`);
    if (i > 0)
      expect(
        gradients[i].some((g) => g !== 0),
        `${names[i]} gets no gradient`,
      );
  }
  x.dispose();
}

async function sampleGradients({ distribution, context }: Subject): Promise<void> {
  const variables = distribution.trainableVariables;
  const options = { seed: 'draws', context };
  const className = distribution.className;
  if (!distribution.reparameterised) {
    expect(variables.length > 0, 'nothing to train, so that draws are trivially reparameterised');
    expectRefusal(() => distribution.rsample(2, options), FlowConfigError, `${className}.rsample`);
  }
  if (variables.length === 0) return;
  const tie = () => variables.map((variable) => tf.sum(variable)).reduce((total, term) => tf.add(total, term));
  const constant = () => tf.add(tf.sum(distribution.sample(8, options)), tie()) as tf.Scalar;
  for (const gradient of await gradientsOf(constant, variables)) {
    expect(
      gradient.every((g) => g === 1),
      'a gradient flows through sample',
    );
  }
  if (!distribution.reparameterised) return;
  const weights = new RandomStream('weights').normalTensor([8, ...distribution.eventShape]);
  const weighted = () => tf.mul(distribution.rsample(8, options), weights);
  const gradients = await gradientsOf(() => tf.sum(weighted()), variables);
  const value = async () => (await numbersFrom(weighted)).reduce((total, term) => total + term);
  for (const [i, variable] of variables.entries()) {
    const name = namesOf(distribution)[i];
    expectClose(gradients[i], await differencesOf(variable, value), 5e-3, `gradient of draws with respect to ${name}`);
    expect(
      gradients[i].some((g) => g !== 0),
      `${name} gets no gradient from draws`,
    );
  }
  weights.dispose();
}

function namesOf(distribution: Distribution): string[] {
  return distribution.parameters.filter(({ trainable }) => trainable).map(({ path }) => path);
}

async function gradientsOf(loss: () => Tensor, variables: Variable[]): Promise<number[][]> {
  return listsFrom(() => {
    const { grads } = tf.variableGrads(loss as () => tf.Scalar, variables);
    return variables.map((variable) => grads[variable.name] ?? tf.zerosLike(variable));
  });
}

async function densityIsNeverNaN({ distribution, context }: Subject): Promise<void> {
  const dims = sizeOf(distribution.eventShape);
  const extremes = [0, 1e-30, -1e-30, 1e4, -1e4, 1e15];
  const rows = extremes.flatMap((_, row) => Array.from({ length: dims }, (_, i) => extremes[(row + i) % extremes.length])); // prettier-ignore
  for (const scale of context ? [1, 1e4, -1e4] : [1]) {
    const [logProbs, slopes] = await listsFrom(() => {
      const x = tf.tensor(rows, [extremes.length, ...distribution.eventShape]);
      const given = context && tf.mul(context, scale);
      const logProb = (input: Tensor) => distribution.logProb(input, { context: given });
      return [logProb(x), tf.grad((input) => tf.sum(logProb(input)))(x)];
    });
    expect(logProbs.every((value) => value < Infinity), `log density ${logProbs.join(', ')} far out`); // prettier-ignore
    expect(
      slopes.every((value) => !Number.isNaN(value)),
      `gradient ${slopes.join(', ')} far out`,
    );
  }
}

async function temperature({ distribution, context }: Subject): Promise<void> {
  const draw = (value: number) => distribution.sample(50, { seed: 'draws', context, temperature: value });
  if (!distribution.supportsTemperature) {
    for (const value of [0.5, 2]) expectRefusal(() => draw(value), FlowConfigError, `${distribution.className}.sample`);
    return;
  }
  const [cold, usual, hot] = await listsFrom(() => [0.5, 1, 2].map(draw));
  const distances = usual.map((x, i) => 2 * (x - cold[i]));
  expectClose(hot.map((x, i) => x - usual[i]), distances, 1e-4, 'distances from the centre'); // prettier-ignore
  expect(
    distances.some((distance) => Math.abs(distance) > 0.1),
    'temperature does nothing',
  );
}

function leavesNoTensors({ context, rebuild }: Subject): void {
  const before = tf.memory().numTensors;
  const distribution = rebuild();
  const options = { seed: 1, context };
  const held = () => tf.memory().numTensors - before - own;
  const own = tf.memory().numTensors - before;
  const x = distribution.sample(3, options);
  const results = [x, distribution.logProb(x, { context }), ...distribution.sampleAndLogProb(3, options)];
  if (distribution.reparameterised) results.push(distribution.rsample(3, options));
  expectSame(held(), results.length, 'tensors after evaluation');
  tf.dispose(results);
  const nothing = tf.zeros([0, ...distribution.eventShape]);
  const empty = [distribution.sample(0, options), distribution.logProb(nothing, { context })];
  expectSame(held(), 3, 'tensors after evaluating nothing');
  tf.dispose([nothing, ...empty]);
  distribution.dispose();
  distribution.dispose();
  expectSame(tf.memory().numTensors, before, 'tensors after dispose');
}

function refusesBadArguments({ distribution, context }: Subject): void {
  const { className, eventShape, contextShape } = distribution;
  const sample = (n: unknown, options: object = { seed: 1 }) => distribution.sample(n as number, { context, ...options } as never); // prettier-ignore
  for (const n of [-1, 1.5, NaN, Infinity, '3', undefined]) {
    expectRefusal(() => sample(n), FlowConfigError, `${className}.sample`);
  }
  for (const options of [{}, { seed: undefined }, { seed: null }]) {
    expectRefusal(() => sample(2, options), FlowConfigError, `${className}.sample`);
  }
  expectRefusal(() => distribution.sample(2, undefined as never), FlowConfigError, `${className}.sample`);
  expectRefusal(() => distribution.sampleAndLogProb(-1, { seed: 1, context }), FlowConfigError, `${className}.sample`);
  expectRefusal(() => sample(2, { seed: NaN }), FlowConfigError, 'RandomStream');
  for (const value of [0, -1, NaN, Infinity]) {
    expectRefusal(() => sample(2, { seed: 1, temperature: value }), FlowConfigError, `${className}.sample`);
  }
  tf.tidy(() => {
    const x = tf.zeros([2, ...eventShape]);
    const wider = tf.zeros([2, ...eventShape.slice(0, -1), eventShape.at(-1)! + 1]);
    const refusedContexts = contextShape
      ? [null, tf.zeros([...contextShape, 7]), tf.zeros([3, ...contextShape])]
      : [tf.zeros([2, 1])];
    for (const bad of [wider, tf.scalar(0)]) {
      expectRefusal(() => distribution.logProb(bad, { context }), FlowShapeError, `${className}.logProb`);
    }
    for (const bad of refusedContexts) {
      expectRefusal(() => distribution.logProb(x, { context: bad }), FlowShapeError, `${className}.logProb`);
      expectRefusal(() => sample(2, { seed: 1, context: bad }), FlowShapeError, `${className}.sample`);
    }
  });
}
