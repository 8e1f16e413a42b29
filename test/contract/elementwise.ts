import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { ElementwiseTransform, type ElementwiseResult } from '../../src/elementwise/elementwise-transform.js';
import type { Interval } from '../../src/interval.js';
import { deserialize, serialize, type SerializedObject } from '../../src/io/config.js';
import type { RandomStream } from '../../src/random.js';
import { sameShape } from '../../src/shapes.js';
import { ensure, ensureClose, listed, type Check } from './check.js';
import { catalogueWith, concreteSubclasses, type SampledClass } from './classes.js';
import { drawInside, extremes, largestGap, nudge, unitAt } from './draws.js';
import { derivativeMismatch, read } from './numerics.js';
import { checksOf, type Claims } from './suite.js';

const TURN = 2 * Math.PI;

type Direction = 'forward' | 'inverse';
const DIRECTIONS: readonly Direction[] = ['forward', 'inverse'];

/** All exported elementwise transforms that can be built. */
export function elementwiseClasses(): SampledClass<ElementwiseTransform>[] {
  return concreteSubclasses(ElementwiseTransform, ['forward', 'inverse', 'identityParameters', 'getConfig']);
}

/** Every check of the contract of elementwise transforms, on every sample of every class. */
export function elementwiseChecks(
  classes: readonly SampledClass<ElementwiseTransform>[] = elementwiseClasses(),
): Check[] {
  return checksOf(classes, CLAIMS, (make, Class, stream) => new Subject(make(), Class, stream));
}

/** One transform under examination. */
class Subject {
  constructor(
    readonly transform: ElementwiseTransform,
    readonly Class: SampledClass<ElementwiseTransform>,
    readonly stream: RandomStream,
  ) {}

  domain(direction: Direction): Interval {
    return direction === 'forward' ? this.transform.domainIn : this.transform.domainOut;
  }

  /** Points on the side where `direction` starts, wide enough to leave the box of a spline. */
  draw(direction: Direction, count: number): Float32Array {
    const domain = this.domain(direction);
    const points = drawInside(domain, count, this.stream.split(`${direction} points`));
    return domain.every((end) => !Number.isFinite(end)) ? points.map((value) => 2 * value) : points;
  }

  /** Raw parameters of `count` points: those of the identity, moved by normal noise. */
  raw(count: number, scale: number): Float32Array {
    const start = this.transform.identityParameters();
    return this.stream
      .split(`raw ${scale}`)
      .normal(count * this.transform.parameterCount)
      .map((noise, i) => start[i % start.length] + scale * noise);
  }

  map(direction: Direction, points: Tensor, raw: Tensor): ElementwiseResult {
    return this.transform[direction](points, raw);
  }

  async apply(
    direction: Direction,
    points: ArrayLike<number>,
    raw: Float32Array,
  ): Promise<{ value: Float32Array; logDet: Float32Array }> {
    const [value, logDet] = tf.tidy(() => {
      const result = this.map(direction, tf.tensor1d(Float32Array.from(points)), this.tensor(raw));
      return [tf.clone(result.value), tf.clone(result.logDet)];
    });
    return { value: await read(value), logDet: await read(logDet) };
  }

  /** Images of the circle moved by whole turns, to where they are nearest to others. */
  near(values: Float32Array, others: ArrayLike<number>): Float32Array {
    if (!this.transform.circular) return values;
    return values.map((value, i) => value - TURN * Math.round((value - others[i]) / TURN));
  }

  /** Gradients of `Σ weight · value + Σ logDet` with respect to points and raw parameters. */
  async gradients(
    direction: Direction,
    points: ArrayLike<number>,
    raw: Float32Array,
    weights: Float32Array,
  ): Promise<[byPoint: Float32Array, byRaw: Float32Array]> {
    const [byPoint, byRaw] = tf.tidy(() => {
      const loss = (x: Tensor, parameters: Tensor) => {
        const { value, logDet } = this.map(direction, x, parameters);
        return tf.add(tf.sum(tf.mul(value, tf.tensor1d(weights))), tf.sum(logDet));
      };
      return tf.grads(loss)([tf.tensor1d(Float32Array.from(points)), this.tensor(raw)]);
    });
    return [await read(byPoint), await read(byRaw)];
  }

  /** A transform holds no tensors. */
  dispose(): void {}

  private tensor(raw: Float32Array): Tensor {
    const columns = this.transform.parameterCount;
    return tf.tensor2d(raw, [raw.length / columns, columns]);
  }
}

const CLAIMS: Claims<Subject> = [
  ['inverse undoes forward and forward undoes inverse', undoesItself],
  ['log-derivatives are those of autodiff', matchesDerivative],
  ['gradients match finite differences', matchesDifferences],
  ['every raw parameter that matters is reached by a gradient', reachesRaw],
  ['identity parameters give the identity', startsAsIdentity],
  ['it is monotone for extreme raw parameters', isMonotone],
  ['values and gradients stay numbers at extreme inputs', staysFinite],
  ['its configuration rebuilds it', rebuilds],
  ['no method leaves a tensor behind', frees],
];

async function undoesItself(subject: Subject): Promise<void> {
  const count = 64;
  for (const scale of [0, 0.3, 1]) {
    const raw = subject.raw(count, scale);
    for (const direction of DIRECTIONS) {
      const start = subject.draw(direction, count);
      const image = await subject.apply(direction, start, raw);
      const back = await subject.apply(opposite(direction), image.value, raw);
      const nudged = nudge(image.value, subject.domain(opposite(direction)), subject.stream.split('nudge'));
      const moved = await subject.apply(opposite(direction), nudged, raw);
      // A map that stretches also stretches the rounding error of its input; that much cannot be asked for.
      const slack = 10 * largestGap(subject.near(back.value, moved.value), moved.value);
      const slackLogDet = 10 * largestGap(back.logDet, moved.logDet);
      const what = `${direction} and back at scale ${scale}`;
      ensureClose(what, subject.near(back.value, start), start, (expected) => 3e-4 * (1 + Math.abs(expected)) + slack);
      const negated = image.logDet.map((value) => -value);
      ensureClose(`log-det of ${what}`, back.logDet, negated, (v) => 1e-3 * (1 + Math.abs(v)) + slackLogDet);
    }
  }
}

async function matchesDerivative(subject: Subject): Promise<void> {
  const count = 64;
  const raw = subject.raw(count, 0.7);
  const columns = subject.transform.parameterCount;
  for (const direction of DIRECTIONS) {
    const start = subject.draw(direction, count);
    const { logDet } = await subject.apply(direction, start, raw);
    const slope = tf.tidy(() =>
      tf.grad((x: Tensor) => tf.sum(subject.map(direction, x, tf.tensor2d(raw, [count, columns])).value))(
        tf.tensor1d(start),
      ),
    );
    const expected = (await read(slope)).map((value) => Math.log(Math.abs(value)));
    ensureClose(`log-derivative of ${direction}`, logDet, expected, (value) => 1e-3 * (1 + Math.abs(value)));
  }
}

async function matchesDifferences(subject: Subject): Promise<void> {
  const count = 8;
  const raw = subject.raw(count, 0.5);
  for (const direction of DIRECTIONS) {
    const start = subject.draw(direction, count);
    const weights = subject.stream.split('weights').normal(count);
    const here = await subject.apply(direction, start, raw);
    const columns = raw.length / count;
    // What one row adds to the loss, with others in its place.
    const losses = async (row: number, points: readonly number[], parameters: readonly Float32Array[]) => {
      const { value, logDet } = await subject.apply(direction, points, Float32Array.from(parameters.flatMap((own) => [...own]))); // prettier-ignore
      const near = subject.near(value, Array<number>(points.length).fill(here.value[row]));
      return points.map((_, k) => weights[row] * near[k] + logDet[k]);
    };
    const rawOf = (row: number) => raw.slice(row * columns, (row + 1) * columns);
    const [byPoint, byRaw] = await subject.gradients(direction, start, raw, weights);
    const pick = subject.stream.split(`pick ${direction}`);
    for (const i of pick.permutation(count)) {
      const unit = unitAt(start[i], subject.domain(direction));
      const shifted = (points: readonly number[]) => losses(i, points, points.map(() => rawOf(i))); // prettier-ignore
      const mismatch = await derivativeMismatch(byPoint[i], start[i], unit, shifted, 5e-3);
      ensure(mismatch === null, `${direction}, point ${i} at ${start[i]}: ${mismatch}`);
    }
    for (const i of pick.permutation(raw.length).subarray(0, 12)) {
      const [row, column] = [Math.floor(i / columns), i % columns];
      const shifted = (points: readonly number[]) => losses(row, points.map(() => start[row]), points.map((at) => rawOf(row).with(column, at))); // prettier-ignore
      const mismatch = await derivativeMismatch(byRaw[i], raw[i], 1, shifted, 5e-3);
      ensure(mismatch === null, `${direction}, raw ${i}: ${mismatch}`);
    }
  }
}

async function reachesRaw(subject: Subject): Promise<void> {
  const count = 64;
  const columns = subject.transform.parameterCount;
  const raw = subject.raw(count, 0.5);
  const missing = new Set(Array.from({ length: columns }, (_, column) => column));
  for (const direction of DIRECTIONS) {
    const start = subject.draw(direction, count);
    const weights = subject.stream.split('weights').normal(count);
    const [, byRaw] = await subject.gradients(direction, start, raw, weights);
    ensure(byRaw.every(Number.isFinite), `${direction}: a gradient is not finite`);
    for (let i = 0; i < byRaw.length; i++) if (byRaw[i] !== 0) missing.delete(i % columns);
  }
  for (const column of missing) {
    // A family may have parameters without effect, such as the only weight of a softmax.
    const moved = raw.map((value, i) => (i % columns === column ? value + 1 : value));
    for (const direction of DIRECTIONS) {
      const start = subject.draw(direction, count);
      const [before, after] = [
        await subject.apply(direction, start, raw),
        await subject.apply(direction, start, moved),
      ];
      const gap = Math.max(largestGap(before.value, after.value), largestGap(before.logDet, after.logDet));
      ensure(gap < 1e-6, `raw parameter ${column} changes the ${direction} map but no gradient reaches it`);
    }
  }
}

/**
 * A family that does not hold the identity says so by a property `identityGap`: the largest distance, relative to
 * `1 + |x|`, that its start may keep.
 */
async function startsAsIdentity(subject: Subject): Promise<void> {
  const count = 64;
  const { transform } = subject;
  const start = transform.identityParameters();
  ensure(start.length === transform.parameterCount, `${start.length} identity parameters`);
  const gap = (transform as { identityGap?: number }).identityGap ?? 1e-5;
  for (const direction of DIRECTIONS) {
    const points = subject.draw(direction, count);
    const { value, logDet } = await subject.apply(direction, points, subject.raw(count, 0));
    ensureClose(
      `${direction} at the start`,
      subject.near(value, points),
      points,
      (expected) => gap * (1 + Math.abs(expected)),
    );
    ensureClose(`log-det of ${direction} at the start`, logDet, new Float32Array(count), () => 10 * gap);
  }
}

async function isMonotone(subject: Subject): Promise<void> {
  const [rows, perRow] = [8, 65];
  const { transform } = subject;
  const columns = transform.parameterCount;
  const uniform = subject.stream.split('extreme').uniform(rows * columns, -50, 50);
  for (const direction of DIRECTIONS) {
    const points = subject.draw(direction, perRow).sort();
    for (let row = 0; row < rows; row++) {
      const own = uniform.subarray(row * columns, (row + 1) * columns);
      const raw = Float32Array.from({ length: perRow * columns }, (_, i) => own[i % columns]);
      const { value, logDet } = await subject.apply(direction, points, raw);
      ensure(logDet.every(Number.isFinite), () => `${direction}: log-det ${listed(logDet)} for raw ${listed(own)}`);
      const steps = Array.from(value.subarray(1), (next, i) => next - value[i]);
      // All points lie within one turn, and so do their images: they pass the end of the circle once at most.
      const passed = transform.circular ? steps.findIndex((step) => step < -1e-4) : -1;
      if (passed >= 0) steps[passed] += TURN;
      const slack = 1e-5 * (1 + Math.max(...value.map(Math.abs)));
      const monotone = steps.every((step) => step >= -slack) || steps.every((step) => step <= slack);
      ensure(
        value.every(Number.isFinite) && monotone,
        () => `${direction}: values ${listed(value)} for raw ${listed(own)}`,
      );
    }
  }
}

async function staysFinite(subject: Subject): Promise<void> {
  for (const scale of [0, 1, 50]) {
    for (const direction of DIRECTIONS) {
      const points = extremes(subject.domain(direction), subject.transform);
      const raw = subject.raw(points.length, scale);
      const { value, logDet } = await subject.apply(direction, points, raw);
      const [byPoint, byRaw] = await subject.gradients(direction, points, raw, new Float32Array(points.length).fill(1));
      const columns = subject.transform.parameterCount;
      points.forEach((point, i) => {
        const what = `${direction} at ${point}, scale ${scale}`;
        ensure(Number.isFinite(value[i]), `${what}: value ${value[i]}`);
        ensure(Number.isFinite(logDet[i]), `${what}: log-det ${logDet[i]}`);
        ensure(!Number.isNaN(byPoint[i]), `${what}: gradient ${byPoint[i]}`);
        const own = byRaw.subarray(i * columns, (i + 1) * columns);
        ensure(!own.some(Number.isNaN), () => `${what}: raw gradient ${listed(own)}`);
      });
    }
  }
}

async function rebuilds(subject: Subject): Promise<void> {
  const saved = JSON.stringify(serialize(subject.transform));
  const catalogue = catalogueWith(subject.Class);
  const copy = deserialize(JSON.parse(saved) as SerializedObject, catalogue, 'contract') as ElementwiseTransform;
  ensure(JSON.stringify(serialize(copy)) === saved, 'the configuration of the copy differs');
  ensure(copy.parameterCount === subject.transform.parameterCount, 'the copy takes other parameters');
  const twin = new Subject(copy, subject.Class, subject.stream);
  const raw = subject.raw(16, 1);
  for (const direction of DIRECTIONS) {
    const points = subject.draw(direction, 16);
    const [original, rebuilt] = [await subject.apply(direction, points, raw), await twin.apply(direction, points, raw)];
    ensureClose(`${direction} of the copy`, rebuilt.value, original.value, () => 0);
    ensureClose(`log-det of ${direction} of the copy`, rebuilt.logDet, original.logDet, () => 0);
  }
}

/** Intermediate tensors belong to the `tf.tidy` of the layer that applies the transform; arguments stay the caller's. */
function frees(subject: Subject): void {
  const atStart = tf.memory().numTensors;
  for (const direction of DIRECTIONS) {
    const points = tf.tensor1d(subject.draw(direction, 8));
    const raw = tf.tensor2d(subject.raw(8, 1), [8, subject.transform.parameterCount]);
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const { value, logDet } = subject.map(direction, points, raw);
      ensure(
        sameShape(value.shape, [8]) && sameShape(logDet.shape, [8]),
        `${direction}: ${listed(value.shape)} and ${listed(logDet.shape)}`,
      );
    });
    ensure(tf.memory().numTensors === before, `${direction} left tensors behind`);
    ensure(!points.isDisposed && !raw.isDisposed, `${direction} disposed its argument`);
    tf.dispose([points, raw]);
  }
  subject.transform.identityParameters();
  subject.transform.getConfig();
  ensure(tf.memory().numTensors === atStart, 'tensors were left behind');
}

function opposite(direction: Direction): Direction {
  return direction === 'forward' ? 'inverse' : 'forward';
}
