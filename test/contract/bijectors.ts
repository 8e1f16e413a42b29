import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { Bijector, type Interval, type ValueAndLogDet } from '../../src/bijectors/bijector.js';
import { FlowShapeError } from '../../src/errors.js';
import { deserialize, serialize, type SerializedObject } from '../../src/io/config.js';
import { assignParameters, type Parameter } from '../../src/module.js';
import { RandomStream } from '../../src/random.js';
import { formatShape, sizeOf, type Shape } from '../../src/shapes.js';
import { ensure, ensureClose, ensureThrows, listed, type Check } from './check.js';
import { catalogueWith, concreteFaults, concreteSubclasses, type SampledClass } from './classes.js';
import { drawInside, extremes, largestGap, nudge, perturb, unitAt } from './draws.js';
import { derivativeMismatch, logAbsDet, read } from './numerics.js';

type Direction = 'forward' | 'inverse';
const DIRECTIONS: readonly Direction[] = ['forward', 'inverse'];

/** All exported bijector classes that can be built. */
export function bijectorClasses(): SampledClass<Bijector>[] {
  return concreteSubclasses(Bijector, ['mapForward', 'mapInverse', 'getConfig']);
}

/** Every check of the bijector contract, on every sample of every class. */
export function bijectorChecks(classes: readonly SampledClass<Bijector>[] = bijectorClasses()): Check[] {
  return classes.flatMap((Class) => {
    const faults = concreteFaults(Class);
    if (faults.length > 0) {
      const subject = Class.name;
      return [{ subject, name: `${subject}: can be saved and tested`, run: () => ensure(false, faults.join('; ')) }];
    }
    return Class.samples.flatMap((make, i) => {
      const subject = `${Class.className} ${i}`;
      return CLAIMS.map(([claim, examine]) => ({
        subject,
        name: `${subject}: ${claim}`,
        run: () => onFresh(make, subject, Class, examine),
      }));
    });
  });
}

/** One instance under examination, with everything that is drawn for it. */
class Subject {
  readonly #context: Tensor | null;

  constructor(
    readonly bijector: Bijector,
    readonly make: () => Bijector,
    readonly Class: SampledClass<Bijector>,
    readonly stream: RandomStream,
  ) {
    const shape = bijector.contextShape;
    this.#context = shape && tf.tensor(stream.split('context').normal(sizeOf(shape)), [...shape], 'float32');
  }

  /** One context for all rows, or null. */
  get context(): Tensor | null {
    return this.#context;
  }

  get trainable(): Parameter[] {
    return this.bijector.parameters.filter(({ trainable }) => trainable);
  }

  perturb(scale: number): void {
    perturb(this.bijector.trainableVariables, scale, this.stream.split(`perturb ${scale}`));
  }

  shapeBefore(direction: Direction): Shape {
    return direction === 'forward' ? this.bijector.eventShapeIn : this.bijector.eventShapeOut;
  }

  shapeAfter(direction: Direction): Shape {
    return this.shapeBefore(opposite(direction));
  }

  domain(direction: Direction): Interval {
    return direction === 'forward' ? this.bijector.domainIn : this.bijector.domainOut;
  }

  /** `batch` rows on the side where `direction` starts. */
  draw(direction: Direction, batch: number, name = 'input'): Float32Array {
    const count = batch * sizeOf(this.shapeBefore(direction));
    return drawInside(this.domain(direction), count, this.stream.split(`${direction} ${name}`));
  }

  tensor(direction: Direction, values: ArrayLike<number>): Tensor {
    const event = this.shapeBefore(direction);
    const data = Float32Array.from(values);
    return tf.tensor(data, [data.length / sizeOf(event), ...event], 'float32');
  }

  map(direction: Direction, input: Tensor, context = this.#context): ValueAndLogDet {
    return direction === 'forward'
      ? this.bijector.forwardAndLogDet(input, context)
      : this.bijector.inverseAndLogDet(input, context);
  }

  /** Image and log-determinant of flat rows, as numbers. */
  async apply(direction: Direction, rows: ArrayLike<number>): Promise<{ value: Float32Array; logDet: Float32Array }> {
    const input = this.tensor(direction, rows);
    const [value, logDet] = this.map(direction, input);
    input.dispose();
    return { value: await read(value), logDet: await read(logDet) };
  }

  dispose(): void {
    this.#context?.dispose();
    this.bijector.dispose();
  }
}

async function onFresh(
  make: () => Bijector,
  name: string,
  Class: SampledClass<Bijector>,
  examine: (subject: Subject) => void | Promise<void>,
): Promise<void> {
  const subject = new Subject(make(), make, Class, new RandomStream(`contract ${name}`));
  try {
    await examine(subject);
  } finally {
    subject.dispose();
  }
}

const CLAIMS: readonly [string, (subject: Subject) => void | Promise<void>][] = [
  ['inverse undoes forward and forward undoes inverse', undoesItself],
  ['log-determinants are those of the Jacobian', matchesJacobian],
  ['gradients match finite differences', matchesDifferences],
  ['every trainable parameter is reached by a gradient', reachesParameters],
  ['batches of every shape are mapped row by row', takesBatches],
  ['inputs and contexts of a wrong shape are refused', refusesShapes],
  ['its configuration and parameters rebuild it', rebuilds],
  ['no method leaves a tensor behind and dispose frees all', frees],
  ['values and gradients stay numbers at extreme inputs', staysFinite],
  ['the density integrates to one and samples follow it', integrates],
];

async function undoesItself(subject: Subject): Promise<void> {
  for (const scale of [0, 0.3, 1]) {
    // Perturbations add up; the last is of unit size.
    if (scale > 0) subject.perturb(scale);
    for (const direction of DIRECTIONS) {
      const start = subject.draw(direction, 16, `round trip ${scale}`);
      const image = await subject.apply(direction, start);
      const back = await subject.apply(opposite(direction), image.value);
      const nudged = nudge(image.value, subject.domain(opposite(direction)), subject.stream.split('nudge'));
      const moved = await subject.apply(opposite(direction), nudged);
      // A map that stretches also stretches the rounding error of its input; that much cannot be asked for.
      const slack = 10 * largestGap(back.value, moved.value);
      const slackLogDet = 10 * largestGap(back.logDet, moved.logDet);
      const what = `${direction} and back at scale ${scale}`;
      ensureClose(what, back.value, start, (expected) => 3e-4 * (1 + Math.abs(expected)) + slack);
      const negated = image.logDet.map((value) => -value);
      ensureClose(`log-det of ${what}`, back.logDet, negated, (v) => 1e-3 * (1 + Math.abs(v)) + slackLogDet);
    }
  }
}

async function matchesJacobian(subject: Subject): Promise<void> {
  const batch = 3;
  subject.perturb(0.3);
  for (const direction of DIRECTIONS) {
    const start = subject.draw(direction, batch);
    const { logDet } = await subject.apply(direction, start);
    const expected = await logDetByAutodiff(subject, direction, start);
    ensureClose(`log-det of ${direction}`, logDet, expected, (value) => 2e-3 * (1 + Math.abs(value)));
  }
}

/** `log |det J|` of each row, from the dense Jacobian by one vector-Jacobian product an output. */
async function logDetByAutodiff(subject: Subject, direction: Direction, start: Float32Array): Promise<number[]> {
  const before = sizeOf(subject.shapeBefore(direction));
  const after = sizeOf(subject.shapeAfter(direction));
  const batch = start.length / before;
  const input = subject.tensor(direction, start);
  const jacobians = Array.from({ length: batch }, () => [] as Float32Array[]);
  for (let output = 0; output < after; output++) {
    const seed = Float32Array.from({ length: after }, (_, i) => (i === output ? 1 : 0));
    const row = tf.tidy(() => {
      const select = tf.tensor(seed, [...subject.shapeAfter(direction)], 'float32');
      return tf.grad((x: Tensor) => tf.sum(tf.mul(subject.map(direction, x)[0], select)))(input);
    });
    const values = await read(row);
    jacobians.forEach((rows, b) => rows.push(values.slice(b * before, (b + 1) * before)));
  }
  input.dispose();
  return jacobians.map(logAbsDet);
}

/** The scalar that gradients are taken of: `Σ weight · value + Σ logDet`. */
function lossOf([value, logDet]: ValueAndLogDet, weights: Tensor): Tensor {
  return tf.add(tf.sum(tf.mul(value, weights)), tf.sum(logDet));
}

async function matchesDifferences(subject: Subject): Promise<void> {
  const batch = 4;
  subject.perturb(0.3);
  for (const direction of DIRECTIONS) {
    const start = subject.draw(direction, batch, 'differences');
    const weights = subject.stream.split('weights').normal(batch * sizeOf(subject.shapeAfter(direction)));
    const loss = async (rows: ArrayLike<number>) => {
      const { value, logDet } = await subject.apply(direction, rows);
      return sumProducts(value, weights) + logDet.reduce((sum, entry) => sum + entry, 0);
    };
    const { byInput, byPath } = await gradients(subject, direction, start, weights);
    const pick = subject.stream.split(`pick ${direction}`);
    for (const i of new Set(Array.from({ length: 6 }, () => Math.floor(pick.next() * start.length)))) {
      const shifted = (at: number) => loss(start.map((value, j) => (j === i ? at : value)));
      const unit = unitAt(start[i], subject.domain(direction));
      const mismatch = await derivativeMismatch(byInput[i], start[i], unit, shifted, 5e-3);
      ensure(mismatch === null, `${direction}, input ${i}: ${mismatch}`);
    }
    for (const { path, variable } of choose(subject.trainable, 8, pick)) {
      const values = (await variable.data<'float32'>()).slice();
      const i = Math.floor(pick.next() * values.length);
      const put = (entries: Float32Array) =>
        tf.tidy(() => variable.assign(tf.tensor(entries, variable.shape, 'float32')));
      const shifted = (at: number) => {
        put(values.map((value, j) => (j === i ? at : value)));
        return loss(start);
      };
      const mismatch = await derivativeMismatch(byPath.get(path)?.[i] ?? 0, values[i], 1, shifted, 5e-3);
      put(values);
      ensure(mismatch === null, `${direction}, ${path}[${i}]: ${mismatch}`);
    }
  }
}

/** Gradients of {@link lossOf} with respect to the input and every trainable parameter that is reached. */
async function gradients(
  subject: Subject,
  direction: Direction,
  start: ArrayLike<number>,
  weights: Float32Array,
): Promise<{ byInput: Float32Array; byPath: Map<string, Float32Array> }> {
  const batch = start.length / sizeOf(subject.shapeBefore(direction));
  const input = subject.tensor(direction, start);
  const factor = tf.tensor(weights, [batch, ...subject.shapeAfter(direction)], 'float32');
  const byInput = await read(tf.tidy(() => tf.grad((x: Tensor) => lossOf(subject.map(direction, x), factor))(input)));
  const byPath = new Map<string, Float32Array>();
  for (const { path, variable } of subject.trainable) {
    const gradient = gradientOf(variable, () => lossOf(subject.map(direction, input), factor) as tf.Scalar);
    if (gradient) byPath.set(path, await read(gradient));
  }
  tf.dispose([input, factor]);
  return { byInput, byPath };
}

/** The gradient of a loss with respect to one variable, or null when nothing connects the two. */
function gradientOf(variable: Variable, loss: () => tf.Scalar): Tensor | null {
  try {
    const { value, grads } = tf.variableGrads(loss, [variable]);
    value.dispose();
    return grads[variable.name] ?? null;
  } catch (error) {
    if (String(error).includes('Cannot find a connection')) return null;
    throw error;
  }
}

async function reachesParameters(subject: Subject): Promise<void> {
  const batch = 16;
  subject.perturb(0.3);
  const reached = new Set<string>();
  for (const direction of DIRECTIONS) {
    const start = subject.draw(direction, batch, 'reach');
    const weights = subject.stream.split('weights').normal(batch * sizeOf(subject.shapeAfter(direction)));
    const { byPath } = await gradients(subject, direction, start, weights);
    for (const [path, gradient] of byPath) {
      ensure(gradient.every(Number.isFinite), `${direction}: the gradient of ${path} is not finite`);
      if (gradient.some((entry) => entry !== 0)) reached.add(path);
    }
  }
  const missed = subject.trainable.filter(({ path }) => !reached.has(path)).map(({ path }) => path);
  ensure(missed.length === 0, `no gradient reaches ${missed.join(', ')}`);
}

async function takesBatches(subject: Subject): Promise<void> {
  subject.perturb(0.3);
  const { bijector } = subject;
  for (const direction of DIRECTIONS) {
    for (const batchShape of [[], [0], [1], [7], [2, 3]]) {
      const what = `${direction} of a batch ${formatShape(batchShape)}`;
      const batch = sizeOf(batchShape);
      const rows = subject.draw(direction, batch, 'batch');
      const input = tf.tensor(rows, [...batchShape, ...subject.shapeBefore(direction)], 'float32');
      const contexts = subject.context && [subject.context, repeated(subject.context, batchShape)];
      for (const context of contexts ?? [null]) {
        const [value, logDet] = subject.map(direction, input, context);
        const alone = bijector[direction](input, context);
        const shape = [...batchShape, ...subject.shapeAfter(direction)];
        ensure(formatShape(value.shape) === formatShape(shape), `${what}: a value of ${formatShape(value.shape)}`);
        ensure(
          formatShape(logDet.shape) === formatShape(batchShape),
          `${what}: a log-det of ${formatShape(logDet.shape)}`,
        );
        ensure(value.dtype === 'float32' && logDet.dtype === 'float32', `${what}: not float32`);
        const values = await read(value);
        const logDets = await read(logDet);
        ensureClose(`${what} without log-det`, await read(alone), values, nearly);
        for (let b = 0; b < batch; b++) {
          const [width, widthAfter] = [rows.length / batch, values.length / batch];
          const single = await subject.apply(direction, rows.slice(b * width, (b + 1) * width));
          ensureClose(`${what}, row ${b}`, values.slice(b * widthAfter, (b + 1) * widthAfter), single.value, nearly);
          ensureClose(`${what}, log-det ${b}`, [logDets[b]], single.logDet, nearly);
        }
      }
      if (contexts) contexts[1].dispose();
      input.dispose();
    }
  }
}

function refusesShapes(subject: Subject): void {
  const { bijector } = subject;
  for (const direction of DIRECTIONS) {
    const event = subject.shapeBefore(direction);
    const wrong = event.length === 0 ? [] : [[2, ...event.slice(0, -1), event.at(-1)! + 1], event.slice(1)];
    const context = subject.context;
    for (const shape of wrong) {
      const input = tf.zeros([...shape]);
      for (const method of [direction, `${direction}AndLogDet`] as const) {
        ensureThrows(`${method} of ${formatShape(shape)}`, FlowShapeError, () => bijector[method](input, context));
      }
      input.dispose();
    }
    const input = subject.tensor(direction, subject.draw(direction, 2));
    const contextShape = bijector.contextShape;
    const other = tf.zeros(contextShape ? [...contextShape.slice(0, -1), contextShape.at(-1)! + 1] : [1]);
    ensureThrows(`${direction} with a wrong context`, FlowShapeError, () => bijector[direction](input, other));
    if (contextShape) {
      ensureThrows(`${direction} without a context`, FlowShapeError, () => bijector[direction](input));
    }
    tf.dispose([input, other]);
  }
}

async function rebuilds(subject: Subject): Promise<void> {
  subject.perturb(0.3);
  const saved = JSON.stringify(serialize(subject.bijector));
  const catalogue = catalogueWith(subject.Class);
  const copy = deserialize(JSON.parse(saved) as SerializedObject, catalogue, 'contract') as Bijector;
  try {
    ensure(JSON.stringify(serialize(copy)) === saved, 'the configuration of the copy differs');
    const values = new Map<string, { shape: Shape; values: Float32Array }>();
    for (const { path, variable } of subject.bijector.parameters) {
      values.set(path, { shape: variable.shape, values: await variable.data<'float32'>() });
    }
    assignParameters(copy, values, 'contract');
    const trainability = (bijector: Bijector) =>
      bijector.parameters.map(({ path, trainable }) => `${path} ${trainable}`).join();
    ensure(trainability(copy) === trainability(subject.bijector), 'the parameters of the copy differ');
    for (const direction of DIRECTIONS) {
      const rows = subject.draw(direction, 5);
      const input = subject.tensor(direction, rows);
      const original = await subject.apply(direction, rows);
      const [value, logDet] = copy[`${direction}AndLogDet`](input, subject.context);
      input.dispose();
      ensureClose(`${direction} of the copy`, await read(value), original.value, () => 0);
      ensureClose(`log-det of ${direction} of the copy`, await read(logDet), original.logDet, () => 0);
    }
  } finally {
    copy.dispose();
  }
}

function frees(subject: Subject): void {
  const input = DIRECTIONS.map((direction) => subject.tensor(direction, subject.draw(direction, 4)));
  const atStart = tf.memory().numTensors;
  const bijector = subject.make();
  const expect = (what: string, made: () => Tensor[]) => {
    const before = tf.memory().numTensors;
    const tensors = made();
    const grown = tf.memory().numTensors - before - tensors.length;
    ensure(grown === 0, `${what} left ${grown} tensors behind`);
    tf.dispose(tensors);
    ensure(tf.memory().numTensors === before, `${what} handed out a tensor that is not the caller's`);
    ensure(!input.some((tensor) => tensor.isDisposed), `${what} disposed its argument`);
  };
  const context = subject.context;
  // The first call may fill caches that the module owns; dispose must free them.
  DIRECTIONS.forEach((direction, i) => tf.dispose(bijector[direction](input[i], context)));
  DIRECTIONS.forEach((direction, i) => {
    expect(direction, () => [bijector[direction](input[i], context)]);
    expect(`${direction}AndLogDet`, () => bijector[`${direction}AndLogDet`](input[i], context));
  });
  expect('initialize', () => (bijector.initialize(input[1], context), []));
  expect('getConfig', () => (bijector.getConfig(), []));
  bijector.dispose();
  bijector.dispose();
  ensure(bijector.isDisposed, 'isDisposed is false after dispose');
  const left = tf.memory().numTensors - atStart;
  ensure(left === 0, `dispose left ${left} tensors behind`);
  tf.dispose(input);
}

async function staysFinite(subject: Subject): Promise<void> {
  for (const scale of [0, 1]) {
    if (scale > 0) subject.perturb(scale);
    for (const direction of DIRECTIONS) {
      const size = sizeOf(subject.shapeBefore(direction));
      const target = subject.domain(opposite(direction));
      // On a half-line a value may exceed what float32 holds.
      const mayOverflow = Number.isFinite(target[0]) !== Number.isFinite(target[1]);
      for (const point of extremes(subject.domain(direction), subject.bijector)) {
        const rows = [Array<number>(size).fill(point), subject.draw(direction, 1).with(0, point)].flatMap((row) => [
          ...row,
        ]);
        const what = `${direction} at ${point}, scale ${scale}`;
        const { value, logDet } = await subject.apply(direction, rows);
        const good = (entry: number) => Number.isFinite(entry) || (mayOverflow && Math.abs(entry) === Infinity);
        ensure(value.every(good), () => `${what}: value ${listed(value)}`);
        ensure(logDet.every(Number.isFinite), () => `${what}: log-det ${listed(logDet)}`);
        const weights = new Float32Array(value.length).fill(1);
        const { byInput, byPath } = await gradients(subject, direction, rows, weights);
        ensure(!byInput.some(Number.isNaN), () => `${what}: gradient ${listed(byInput)}`);
        for (const [path, gradient] of byPath) {
          ensure(!gradient.some(Number.isNaN), () => `${what}: gradient of ${path} ${listed(gradient)}`);
        }
      }
    }
  }
}

async function integrates(subject: Subject): Promise<void> {
  const { bijector, stream } = subject;
  const dims = sizeOf(bijector.eventShapeIn);
  const overReals = bijector.domainIn.every((end) => Math.abs(end) === Infinity);
  if (!overReals || dims > 2 || dims !== sizeOf(bijector.eventShapeOut)) return;
  subject.perturb(0.2);
  const [total, ...expected] = await expectations(subject, dims, [() => 1, ...TEST_FUNCTIONS.map(([, test]) => test)]);
  ensureClose('integral of the density', [total], [1], () => 1e-2);
  const draws = 20_000;
  const noise = stream.split('samples').normal(draws * dims);
  const { value } = await subject.apply('forward', noise);
  TEST_FUNCTIONS.forEach(([name, test], k) => {
    const outcomes = Array.from({ length: draws }, (_, i) => test(value.subarray(i * dims, (i + 1) * dims)));
    const mean = outcomes.reduce((sum, outcome) => sum + outcome, 0) / draws;
    const variance = outcomes.reduce((sum, outcome) => sum + (outcome - mean) ** 2, 0) / (draws - 1);
    const allowed = 5 * Math.sqrt(variance / draws) + 1e-2;
    ensureClose(`mean of ${name} over samples`, [mean], [expected[k]], () => allowed);
  });
}

/** Bounded functions whose means tell distributions apart. */
const TEST_FUNCTIONS: readonly [string, (at: Float32Array) => number][] = [
  ['sin', (at) => Math.sin(at[0])],
  ['cos', (at) => Math.cos(at[at.length - 1])],
  ['cos of a mixture', (at) => Math.cos(1.3 * at[0] - 0.7 * at[at.length - 1] + 0.4)],
];

/** Integrals of functions against the density of the data, extrapolated from two meshes (Richardson). */
async function expectations(
  subject: Subject,
  dims: number,
  functions: readonly ((at: Float32Array) => number)[],
): Promise<number[]> {
  const [steps, reach] = dims === 1 ? [1000, 6] : [120, 5];
  const sums = (cells: readonly Cell[]) =>
    functions.map((f) => cells.reduce((sum, { mass, at }) => sum + mass * f(at), 0));
  const coarse = sums(await dataMesh(subject, dims, steps, reach));
  const fine = sums(await dataMesh(subject, dims, 2 * steps, reach));
  return fine.map((value, k) => (4 * value - coarse[k]) / 3);
}

/** A small piece of data space. */
interface Cell {
  /** Its probability. */
  readonly mass: number;
  /** Its centre. */
  readonly at: Float32Array;
}

/**
 * Cells of data space with their probability, by the trapezoid rule on the image of a regular grid of base space. The
 * density comes from `inverse` alone; the cells are measured by where their corners lie.
 */
async function dataMesh(subject: Subject, dims: number, steps: number, reach: number): Promise<Cell[]> {
  const tick = (i: number) => -reach + (2 * reach * i) / steps;
  const grid = Array.from({ length: steps + 1 }, (_, i) =>
    dims === 1 ? [tick(i)] : Array.from({ length: steps + 1 }, (_, j) => [tick(i), tick(j)]).flat(),
  ).flat();
  const { value: corners } = await subject.apply('forward', grid);
  const { value: base, logDet } = await subject.apply('inverse', corners);
  const point = (i: number) => corners.subarray(i * dims, (i + 1) * dims);
  const density = Array.from(logDet, (value, i) => {
    const squares = base.subarray(i * dims, (i + 1) * dims).reduce((sum, z) => sum + z * z, 0);
    return Math.exp(value - squares / 2 - (dims / 2) * Math.log(2 * Math.PI));
  });
  const cell = (vertices: number[], size: number): Cell => ({
    mass: (size * vertices.reduce((sum, i) => sum + density[i], 0)) / vertices.length,
    at: Float32Array.from(
      { length: dims },
      (_, d) => vertices.reduce((sum, i) => sum + point(i)[d], 0) / vertices.length,
    ),
  });
  const cells: Cell[] = [];
  for (let i = 0; i < steps; i++) {
    if (dims === 1) {
      cells.push(cell([i, i + 1], Math.abs(corners[i + 1] - corners[i])));
      continue;
    }
    for (let j = 0; j < steps; j++) {
      const [a, b] = [i * (steps + 1) + j, (i + 1) * (steps + 1) + j];
      cells.push(cell([a, a + 1, b + 1, b], quadrilateral(point(a), point(a + 1), point(b + 1), point(b))));
    }
  }
  return cells;
}

/** Area of a plane quadrilateral, from its diagonals. */
function quadrilateral(a: Float32Array, b: Float32Array, c: Float32Array, d: Float32Array): number {
  return Math.abs((c[0] - a[0]) * (d[1] - b[1]) - (c[1] - a[1]) * (d[0] - b[0])) / 2;
}

function opposite(direction: Direction): Direction {
  return direction === 'forward' ? 'inverse' : 'forward';
}

function sumProducts(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

/** At most `count` of the items, each at most once. */
function choose<T>(items: readonly T[], count: number, stream: RandomStream): T[] {
  return [...stream.permutation(items.length)].slice(0, count).map((i) => items[i]);
}

/** One context for every row of a batch. */
function repeated(context: Tensor, batchShape: readonly number[]): Tensor {
  return tf.tidy(() => tf.add(tf.zeros([...batchShape, ...context.shape]), context));
}

/** Rounding may differ with the number of rows. */
function nearly(expected: number): number {
  return 2e-5 * (1 + Math.abs(expected));
}
