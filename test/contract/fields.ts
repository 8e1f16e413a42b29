import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { FlowConfigError, FlowShapeError } from '../../src/errors.js';
import { PotentialField } from '../../src/fields/potential-field.js';
import { VectorField, type Rate } from '../../src/fields/vector-field.js';
import { deserialize, serialize, type SerializedObject } from '../../src/io/config.js';
import { assignParameters } from '../../src/module.js';
import { RandomStream } from '../../src/random.js';
import { formatShape, type Shape } from '../../src/shapes.js';
import { ensure, ensureClose, ensureThrows, type Check } from './check.js';
import { catalogueWith, concreteFaults, concreteSubclasses, type SampledClass } from './classes.js';
import { perturb } from './draws.js';
import { derivativeMismatch, read } from './numerics.js';

/** All exported vector fields that can be built. */
export function fieldClasses(): SampledClass<VectorField>[] {
  return concreteSubclasses(VectorField, ['velocity', 'getConfig']);
}

/** Every check of the contract of vector fields, on every sample of every class. */
export function fieldChecks(classes: readonly SampledClass<VectorField>[] = fieldClasses()): Check[] {
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

/** Times, points, contexts and directions for one field; tensors are freed with the subject. */
class Subject {
  readonly dims: number;
  readonly #tensors: Tensor[] = [];

  constructor(
    readonly field: VectorField,
    readonly make: () => VectorField,
    readonly Class: SampledClass<VectorField>,
    readonly stream: RandomStream,
  ) {
    this.dims = field.dims;
  }

  get trainable(): readonly { path: string; variable: Variable }[] {
    return this.field.parameters.filter(({ trainable }) => trainable);
  }

  perturb(scale = 0.3): void {
    perturb(this.field.trainableVariables, scale, this.stream.split(`perturb ${scale}`));
  }

  tensor(values: ArrayLike<number>, shape: Shape): Tensor {
    const tensor = tf.tensor(Float32Array.from(values), [...shape], 'float32');
    this.#tensors.push(tensor);
    return tensor;
  }

  normal(name: string, shape: Shape): Tensor {
    const tensor = this.stream.split(name).normalTensor(shape);
    this.#tensors.push(tensor);
    return tensor;
  }

  time(value = 0.4): Tensor {
    return this.tensor([value], [1, 1]);
  }

  times(rows: number): Tensor {
    return this.tensor(this.stream.split('times').uniform(rows), [rows, 1]);
  }

  context(rows: number): Tensor | null {
    return this.field.contextShape && this.normal('context', [rows, ...this.field.contextShape]);
  }

  /** Every rate that the field has. */
  get rates(): readonly Rate[] {
    const common: readonly Rate[] = ['divergence', 'kinetic', 'jacobian'];
    return this.field instanceof PotentialField ? [...common, 'hjb'] : common;
  }

  /** `f` of flat points, by the public way. */
  velocity(t: Tensor, z: Tensor, context: Tensor | null): Tensor {
    return tf.reshape(this.field.apply(t, tf.reshape(z, [-1, ...this.field.eventShape]), context), z.shape);
  }

  /** `∂f_i/∂z_j` of each row, `[rows][dims * dims]`, by one vector-Jacobian product a coordinate. */
  async jacobians(t: Tensor, z: Tensor, context: Tensor | null): Promise<Float64Array[]> {
    const { dims } = this;
    const rows = z.shape[0];
    const jacobians = Array.from({ length: rows }, () => new Float64Array(dims * dims));
    for (let i = 0; i < dims; i++) {
      const component = (at: Tensor) => tf.sum(tf.slice(this.velocity(t, at, context), [0, i], [-1, 1]));
      const slopes = await read(tf.tidy(() => tf.grad(component)(z)));
      jacobians.forEach((jacobian, row) => jacobian.set(slopes.subarray(row * dims, (row + 1) * dims), i * dims));
    }
    return jacobians;
  }

  dispose(): void {
    tf.dispose(this.#tensors);
    this.field.dispose();
  }
}

async function onFresh(
  make: () => VectorField,
  name: string,
  Class: SampledClass<VectorField>,
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
  ['products are those of the Jacobian', matchesJacobian],
  ['rates are those of the velocity and the Jacobian', matchesRates],
  ['gradients of velocity and rates match finite differences', matchesDifferences],
  ['every trainable parameter is reached by a gradient', reachesParameters],
  ['batches of every shape are mapped row by row', takesBatches],
  ['one time for all rows is the same as that time in every row', takesTimes],
  ['times, points, contexts and directions of a wrong shape are refused', refusesShapes],
  ['its configuration and parameters rebuild it', rebuilds],
  ['no method leaves a tensor behind and dispose frees all', frees],
  ['values and gradients stay numbers at extreme inputs', staysFinite],
];

async function matchesJacobian(subject: Subject): Promise<void> {
  const { field, dims } = subject;
  const [rows, count] = [3, 2];
  subject.perturb();
  const [z, context] = [subject.normal('z', [rows, dims]), subject.context(rows)];
  for (const [what, t] of [
    ['one time', subject.time()],
    ['times', subject.times(rows)],
  ] as const) {
    const expected = await subject.jacobians(t, z, context);
    const velocity = await read(tf.tidy(() => subject.velocity(t, z, context)));
    for (const shared of [1, rows]) {
      const directions = subject.normal(`directions ${shared}`, [shared, count, dims]);
      const [f, products] = field.jacobianProducts(t, z, directions, context);
      ensure(
        formatShape(products.shape) === formatShape([rows, count, dims]),
        `${what}: ${formatShape(products.shape)}`,
      );
      ensureClose(`velocity beside products, ${what}`, await read(f), velocity, nearly);
      const [found, given] = [await read(products), await directions.data<'float32'>()];
      const right: number[] = [];
      const left: number[] = [];
      for (let row = 0; row < rows; row++) {
        for (let k = 0; k < count; k++) {
          const at = ((shared === 1 ? 0 : row) * count + k) * dims;
          const v = given.subarray(at, at + dims);
          right.push(...timesVector(expected[row], v, false));
          left.push(...timesVector(expected[row], v, true));
        }
      }
      const errors = [right, left].map((side) => largestGap(found, side));
      ensure(
        Math.min(...errors) < 1e-4,
        `${what}: products differ from J v by ${errors[0]}, from Jᵀ v by ${errors[1]}`,
      );
    }
  }
}

async function matchesRates(subject: Subject): Promise<void> {
  const { field, dims } = subject;
  const [rows, count] = [4, 3];
  subject.perturb();
  const [t, z, context] = [subject.times(rows), subject.normal('z', [rows, dims]), subject.context(rows)];
  const probes = subject.normal('probes', [rows, count, dims]);
  const jacobians = await subject.jacobians(t, z, context);
  const velocity = await read(tf.tidy(() => subject.velocity(t, z, context)));
  const given = await probes.data<'float32'>();
  const exact = {
    divergence: jacobians.map((jacobian) => sumOver(dims, (i) => jacobian[i * dims + i])),
    jacobian: jacobians.map((jacobian) => sumOver(dims * dims, (i) => jacobian[i] ** 2)),
    kinetic: jacobians.map((_, row) => sumOver(dims, (i) => velocity[row * dims + i] ** 2)),
  };
  const probed = (transposed: boolean, rate: (v: Float32Array, product: number[]) => number) =>
    jacobians.map((jacobian, row) => {
      const values = Array.from({ length: count }, (_, k) => {
        const v = given.subarray((row * count + k) * dims, (row * count + k + 1) * dims);
        return rate(v, timesVector(jacobian, v, transposed));
      });
      return values.reduce((sum, value) => sum + value, 0) / count;
    });
  const rates = ['divergence', 'kinetic', 'jacobian'] as const;
  for (const withProbes of [false, true]) {
    const found = field.rates(t, z, context, withProbes ? probes : null, rates);
    ensureClose('velocity beside rates', await read(found[0]), velocity, nearly);
    const [divergence, kinetic, jacobian] = [await read(found[1]), await read(found[2]), await read(found[3])];
    ensureClose('kinetic', kinetic, exact.kinetic, closely);
    if (!withProbes) {
      ensureClose('divergence', divergence, exact.divergence, closely);
      ensureClose('jacobian', jacobian, exact.jacobian, closely);
      continue;
    }
    // Whoever has a closed form of the trace has no use for probes.
    const estimate = field.usesProbes(['divergence'])
      ? probed(false, (v, product) => sumOver(dims, (i) => v[i] * product[i]))
      : exact.divergence;
    ensureClose('divergence by probes', divergence, estimate, closely);
    const norms = [false, true].map((transposed) =>
      probed(transposed, (_, product) => sumOver(dims, (i) => product[i] ** 2)),
    );
    const errors = norms.map((norm) => largestGap(jacobian, norm.map((value) => value))); // prettier-ignore
    ensure(
      Math.min(...errors) < 1e-3 * (1 + Math.max(...norms[0], ...norms[1])),
      `jacobian by probes: ${errors.join(' or ')} away`,
    );
  }
  // Each rate alone is what it is among others.
  for (const rate of subject.rates) {
    const [f, alone] = field.rates(t, z, context, null, [rate]);
    const [together, all] = [subject.rates.indexOf(rate) + 1, field.rates(t, z, context, null, subject.rates)];
    ensure(formatShape(alone.shape) === formatShape([rows]), `${rate}: ${formatShape(alone.shape)}`);
    ensureClose(`${rate} alone`, await read(alone), await all[together].data<'float32'>(), closely);
    tf.dispose([f, ...all]);
  }
  if (!(field instanceof PotentialField)) {
    ensureThrows('hjb of a field without potential', FlowConfigError, () => field.rates(t, z, context, null, ['hjb']));
  }
}

/** `Σ weight · f + Σ rates`, of which gradients are taken. */
function lossOf(subject: Subject, t: Tensor, z: Tensor, context: Tensor | null, weights: Tensor): tf.Scalar {
  const [velocity, ...rates] = subject.field.rates(t, z, context, null, subject.rates);
  return rates.reduce<Tensor>((sum, rate) => tf.add(sum, tf.sum(rate)), tf.sum(tf.mul(velocity, weights))) as tf.Scalar;
}

async function matchesDifferences(subject: Subject): Promise<void> {
  const { dims } = subject;
  const rows = 3;
  subject.perturb();
  const context = subject.context(rows);
  const weights = subject.normal('weights', [rows, dims]);
  const start = {
    t: Float32Array.from(subject.stream.split('times').uniform(rows)),
    z: subject.stream.split('z').normal(rows * dims),
  };
  const loss = async (t: ArrayLike<number>, z: ArrayLike<number>) => {
    const value = tf.tidy(() => {
      const [times, points] = [tf.tensor(Float32Array.from(t), [rows, 1]), tf.tensor(Float32Array.from(z), [rows, dims])]; // prettier-ignore
      return lossOf(subject, times, points, context, weights);
    });
    return (await read(value))[0];
  };
  const [t, z] = [subject.tensor(start.t, [rows, 1]), subject.tensor(start.z, [rows, dims])];
  const byInput = tf.tidy(() =>
    tf.grads((time: Tensor, points: Tensor) => lossOf(subject, time, points, context, weights))([t, z]),
  );
  const pick = subject.stream.split('pick');
  for (const [name, gradient] of [
    ['t', byInput[0]],
    ['z', byInput[1]],
  ] as const) {
    const slopes = await read(gradient);
    for (let draw = 0; draw < 3; draw++) {
      const i = pick.nextInteger(start[name].length);
      const shifted = (at: number) => {
        const moved = { ...start, [name]: start[name].map((value, j) => (j === i ? at : value)) };
        return loss(moved.t, moved.z);
      };
      const mismatch = await derivativeMismatch(slopes[i], start[name][i], 1, shifted, 5e-3);
      ensure(mismatch === null, `${name}[${i}]: ${mismatch}`);
    }
  }
  const byPath = await gradients(subject, () => lossOf(subject, t, z, context, weights));
  const { trainable } = subject;
  for (const { path, variable } of [...pick.permutation(trainable.length)].slice(0, 8).map((i) => trainable[i])) {
    const values = (await variable.data<'float32'>()).slice();
    const i = pick.nextInteger(values.length);
    const put = (entries: Float32Array) =>
      tf.tidy(() => variable.assign(tf.tensor(entries, variable.shape, 'float32')));
    const shifted = (at: number) => {
      put(values.map((value, j) => (j === i ? at : value)));
      return loss(start.t, start.z);
    };
    const mismatch = await derivativeMismatch(byPath.get(path)?.[i] ?? 0, values[i], 1, shifted, 5e-3);
    put(values);
    ensure(mismatch === null, `${path}[${i}]: ${mismatch}`);
  }
}

/** Gradients of a loss by the path of the parameter; those that nothing connects with it are left out. */
async function gradients(subject: Subject, loss: () => tf.Scalar): Promise<Map<string, Float32Array>> {
  const byPath = new Map<string, Float32Array>();
  let grads: tf.NamedTensorMap;
  try {
    const result = tf.variableGrads(loss, subject.field.trainableVariables);
    result.value.dispose();
    grads = result.grads;
  } catch (error) {
    if (String(error).includes('Cannot find a connection')) return byPath;
    throw error;
  }
  for (const { path, variable } of subject.trainable) {
    const gradient = grads[variable.name];
    if (gradient) byPath.set(path, await read(gradient));
  }
  return byPath;
}

async function reachesParameters(subject: Subject): Promise<void> {
  const { field, dims } = subject;
  const rows = 8;
  subject.perturb();
  const [t, z, context] = [subject.times(rows), subject.normal('z', [rows, dims]), subject.context(rows)];
  const ways: Record<string, () => Tensor> = {
    velocity: () => tf.square(subject.velocity(t, z, context)),
    divergence: () => tf.square(field.rates(t, z, context, null, ['divergence'])[1]),
  };
  const reached: Record<string, Set<string>> = {};
  for (const [way, compute] of Object.entries(ways)) {
    reached[way] = new Set();
    for (const [path, gradient] of await gradients(subject, () => tf.sum(compute()))) {
      ensure(gradient.every(Number.isFinite), `the gradient of ${path} through the ${way} is not finite`);
      if (gradient.some((entry) => entry !== 0)) reached[way].add(path);
    }
  }
  const missed = subject.trainable.filter(({ path }) => !reached.velocity.has(path)).map(({ path }) => path);
  ensure(missed.length === 0, `no gradient through the velocity reaches ${missed.join(', ')}`);
  // Shifts of the last layer move all points alike, and others may be all there is.
  ensure(reached.divergence.size > 0, 'no gradient through the divergence reaches any parameter');
}

async function takesBatches(subject: Subject): Promise<void> {
  const { field, dims } = subject;
  const { eventShape } = field;
  subject.perturb();
  for (const batchShape of [[], [0], [1], [5], [2, 3]]) {
    const what = `a batch ${formatShape(batchShape)}`;
    const rows = batchShape.reduce((product, length) => product * length, 1);
    const values = subject.stream.split('z').normal(rows * dims);
    const z = subject.tensor(values, [...batchShape, ...eventShape]);
    const context = field.contextShape && subject.normal('one context', field.contextShape);
    const velocity = field.apply(0.4, z, context);
    ensure(formatShape(velocity.shape) === formatShape(z.shape), `${what}: ${formatShape(velocity.shape)}`);
    const found = await read(velocity);
    for (let row = 0; row < rows; row++) {
      const single = subject.tensor(values.subarray(row * dims, (row + 1) * dims), eventShape);
      const alone = await read(field.apply(0.4, single, context));
      ensureClose(`${what}, row ${row}`, found.subarray(row * dims, (row + 1) * dims), alone, nearly);
    }
    const flat = subject.tensor(values, [rows, dims]);
    const all = field.rates(subject.time(), flat, subject.context(rows), null, subject.rates);
    const shapes = all.map(({ shape }) => formatShape(shape)).join();
    const expected = [[rows, dims], ...subject.rates.map(() => [rows])].map(formatShape).join();
    ensure(shapes === expected, `rates of ${what}: ${shapes}`);
    ensure(all.every(({ dtype }) => dtype === 'float32'), `rates of ${what}: not float32`); // prettier-ignore
    tf.dispose(all);
    const products = field.jacobianProducts(subject.time(), flat, subject.normal('v', [1, 2, dims]), subject.context(rows)); // prettier-ignore
    ensure(formatShape(products[1].shape) === formatShape([rows, 2, dims]), `products of ${what}`);
    tf.dispose(products);
  }
}

async function takesTimes(subject: Subject): Promise<void> {
  const { field, dims } = subject;
  const rows = 4;
  subject.perturb();
  const [z, context] = [subject.normal('z', [rows, dims]), subject.context(rows)];
  const times = subject.times(rows);
  const mixed = field.rates(times, z, context, null, subject.rates);
  const mixedValues = await Promise.all(mixed.map(read));
  const at = await times.data<'float32'>();
  for (let row = 0; row < rows; row++) {
    const one = field.rates(subject.time(at[row]), z, context, null, subject.rates);
    const every = field.rates(subject.tensor(Array(rows).fill(at[row]), [rows, 1]), z, context, null, subject.rates);
    for (const [k, alone] of (await Promise.all(one.map(read))).entries()) {
      const width = alone.length / rows;
      const own = (values: Float32Array) => values.subarray(row * width, (row + 1) * width);
      ensureClose(`output ${k}, row ${row} at its time`, own(mixedValues[k]), own(alone), closely);
      ensureClose(`output ${k} at one time in every row`, await read(every[k]), alone, closely);
    }
    const points = subject.tensor(await z.data(), [rows, ...field.eventShape]);
    const byNumber = await read(field.apply(at[row], points, context));
    const byTensor = await read(field.apply(subject.time(at[row]), points, context));
    ensureClose('a number and a tensor', byNumber, byTensor, () => 0);
  }
}

function refusesShapes(subject: Subject): void {
  const { field, dims } = subject;
  const rows = 3;
  const [t, z, context] = [subject.time(), subject.normal('z', [rows, dims]), subject.context(rows)];
  const points = subject.normal('z', [rows, ...field.eventShape]);
  const refuse = (what: string, body: () => unknown) => ensureThrows(what, FlowShapeError, body);
  const wide = subject.normal('z', [rows, dims + 1]);
  const [v, wideV] = [subject.normal('v', [rows, 2, dims]), subject.normal('v', [rows, 2, dims + 1])];
  refuse('rates of wide points', () => field.rates(t, wide, context, null, []));
  refuse('rates with flat times', () => field.rates(subject.tensor([0, 0, 0], [rows]), z, context, null, []));
  refuse('rates with two times', () => field.rates(subject.tensor([0, 0], [2, 1]), z, context, null, []));
  refuse('rates with wide probes', () => field.rates(t, z, context, wideV, ['divergence']));
  refuse('rates with flat probes', () => field.rates(t, z, context, z, ['divergence']));
  refuse('products with wide directions', () => field.jacobianProducts(t, z, wideV, context));
  refuse('products of wide points', () => field.jacobianProducts(t, wide, v, context));
  const wideEvent = [...field.eventShape.slice(0, -1), field.eventShape.at(-1)! + 1];
  refuse('apply to wide points', () => field.apply(0, subject.normal('z', [rows, ...wideEvent]), context));
  refuse('apply at two times', () => field.apply(subject.tensor([0, 0], [2, 1]), points, context));
  const other = subject.normal('other', [rows, ...(field.contextShape ?? []), 1]);
  refuse('apply with a wrong context', () => field.apply(0, points, other));
  refuse('rates with a wrong context', () => field.rates(t, z, other, null, []));
  refuse('products with a wrong context', () => field.jacobianProducts(t, z, v, other));
  if (!field.contextShape) return;
  refuse('apply without a context', () => field.apply(0, points));
  refuse('rates without a context', () => field.rates(t, z, null, null, []));
  refuse('products without a context', () => field.jacobianProducts(t, z, v));
}

async function rebuilds(subject: Subject): Promise<void> {
  const { field, dims } = subject;
  subject.perturb();
  const saved = JSON.stringify(serialize(field));
  const catalogue = catalogueWith(subject.Class);
  const copy = deserialize(JSON.parse(saved) as SerializedObject, catalogue, 'contract') as VectorField;
  try {
    ensure(JSON.stringify(serialize(copy)) === saved, 'the configuration of the copy differs');
    const values = new Map<string, { shape: Shape; values: Float32Array }>();
    for (const { path, variable } of field.parameters) {
      values.set(path, { shape: variable.shape, values: await variable.data<'float32'>() });
    }
    assignParameters(copy, values, 'contract');
    const [t, z, context] = [subject.time(), subject.normal('z', [5, dims]), subject.context(5)];
    const [original, again] = [field, copy].map((one) => one.rates(t, z, context, null, subject.rates));
    for (const [k, tensor] of original.entries()) {
      ensureClose(`output ${k} of the copy`, await read(again[k]), await read(tensor), () => 0);
    }
  } finally {
    copy.dispose();
  }
}

function frees(subject: Subject): void {
  const { dims } = subject;
  const rows = 3;
  const [t, z, context] = [subject.time(), subject.normal('z', [rows, dims]), subject.context(rows)];
  const [points, v] = [subject.normal('z', [rows, ...subject.field.eventShape]), subject.normal('v', [rows, 2, dims])];
  const atStart = tf.memory().numTensors;
  const field = subject.make();
  const calls: Record<string, () => Tensor[]> = {
    apply: () => [field.apply(0.3, points, context)],
    rates: () => field.rates(t, z, context, null, subject.rates),
    'rates with probes': () => field.rates(t, z, context, v, subject.rates),
    jacobianProducts: () => field.jacobianProducts(t, z, v, context),
    getConfig: () => (field.getConfig(), []),
  };
  // The first call may fill caches that the module owns; dispose must free them.
  for (const call of Object.values(calls)) tf.dispose(call());
  for (const [what, call] of Object.entries(calls)) {
    const before = tf.memory().numTensors;
    const tensors = call();
    const grown = tf.memory().numTensors - before - tensors.length;
    ensure(grown === 0, `${what} left ${grown} tensors behind`);
    tf.dispose(tensors);
    ensure(tf.memory().numTensors === before, `${what} handed out a tensor that is not the caller's`);
    ensure(![t, z, points, v].some(({ isDisposed }) => isDisposed), `${what} disposed its argument`);
  }
  field.dispose();
  field.dispose();
  const left = tf.memory().numTensors - atStart;
  ensure(left === 0, `dispose left ${left} tensors behind`);
}

async function staysFinite(subject: Subject): Promise<void> {
  const { dims } = subject;
  subject.perturb();
  for (const point of [0, 1, -1, 100, -1e4]) {
    // All coordinates alike, where points of a cloud meet; and one far from the others.
    const rows = [Array<number>(dims).fill(point), [...subject.stream.split('z').normal(dims)].with(0, point)];
    const z = subject.tensor(rows.flat(), [2, dims]);
    const [t, context, weights] = [subject.times(2), subject.context(2), subject.normal('weights', [2, dims])];
    const values = tf.tidy(() => subject.field.rates(t, z, context, null, subject.rates));
    for (const value of values) ensure((await read(value)).every(Number.isFinite), `a value at ${point} is not finite`);
    const slopes = tf.tidy(() => tf.grad((at: Tensor) => lossOf(subject, t, at, context, weights))(z));
    ensure((await read(slopes)).every(Number.isFinite), `the gradient at ${point} is not finite`);
    for (const [path, gradient] of await gradients(subject, () => lossOf(subject, t, z, context, weights))) {
      ensure(gradient.every(Number.isFinite), `the gradient of ${path} at ${point} is not finite`);
    }
  }
}

/** `J v` or `Jᵀ v`. */
function timesVector(jacobian: Float64Array, v: Float32Array, transposed: boolean): number[] {
  const dims = v.length;
  return Array.from({ length: dims }, (_, i) =>
    sumOver(dims, (j) => jacobian[transposed ? j * dims + i : i * dims + j] * v[j]),
  );
}

function sumOver(count: number, term: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += term(i);
  return sum;
}

function largestGap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])));
}

/** Rounding may differ with the number of rows. */
function nearly(expected: number): number {
  return 2e-5 * (1 + Math.abs(expected));
}

/** Sums of squares over coordinates round more. */
function closely(expected: number): number {
  return 1e-4 * (1 + Math.abs(expected));
}
