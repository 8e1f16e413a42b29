import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Energy } from '../../src/energies/energy.js';
import { RigidMolecules } from '../../src/energies/rigid-molecules.js';
import { FlowShapeError } from '../../src/errors.js';
import type { RandomStream } from '../../src/random.js';
import { formatShape, sizeOf, type Shape } from '../../src/shapes.js';
import { ensure, ensureClose, ensureThrows, type Check } from './check.js';
import { concreteSubclasses, type SampledClass } from './classes.js';
import { ensureTidy, rebuilt } from './lifecycle.js';
import { closely, derivativeMismatch, nearly, oneByOne, read } from './numerics.js';
import { checksOf, type Claims } from './suite.js';

/** All exported energies that can be built. */
export function energyClasses(): SampledClass<Energy>[] {
  return concreteSubclasses(Energy, ['evaluate', 'getConfig']);
}

/** Every check of the contract of energies, on every sample of every class. */
export function energyChecks(classes: readonly SampledClass<Energy>[] = energyClasses()): Check[] {
  return checksOf(classes, CLAIMS, (make, Class, stream) => new Subject(make(), make, Class, stream));
}

const CLAIMS: Claims<Subject> = [
  ['forces are those of the energy', matchesDifferences],
  ['forces have the derivatives of forces', matchesSecondDifferences],
  ['it has the symmetries that it states', keepsSymmetries],
  ['batches of every shape are mapped row by row', takesBatches],
  ['a row that is not a number stays so and spoils no other', keepsNaN],
  ['configurations of a wrong shape are refused', refusesShapes],
  ['its configuration and parameters rebuild it', rebuilds],
  ['no method leaves a tensor behind and dispose frees all', frees],
  ['energies and forces stay numbers at extreme inputs', staysANumber],
];

/** Configurations for one energy; tensors are freed with the subject. */
class Subject {
  readonly size: number;
  /** Length over which the energy varies. */
  readonly unit: number;
  readonly #tensors: Tensor[] = [];

  constructor(
    readonly energy: Energy,
    readonly make: () => Energy,
    readonly Class: SampledClass<Energy>,
    readonly stream: RandomStream,
  ) {
    this.size = sizeOf(energy.eventShape);
    // Bonds in nm are stiff. Rigid molecules give way more, and their energies are differences of large numbers.
    this.unit = !energy.reference ? 0.5 : energy instanceof RigidMolecules ? 0.1 : 0.02;
  }

  tensor(values: ArrayLike<number>, batchShape: Shape): Tensor {
    const tensor = tf.tensor(Float32Array.from(values), [...batchShape, ...this.energy.eventShape], 'float32');
    this.#tensors.push(tensor);
    return tensor;
  }

  /** Configurations of moderate energy: about the reference, or the lowest of many normal draws. */
  async draw(rows: number): Promise<Float32Array> {
    const { energy, size, stream } = this;
    const noise = stream.split('draw').normal((energy.reference ? rows : 12 * rows) * size);
    if (energy.reference) return noise.map((value, i) => energy.reference![i % size] + 0.2 * this.unit * value);
    const energies = await read(energy.energy(this.tensor(noise, [12 * rows])));
    const order = [...energies.keys()].sort((a, b) => energies[a] - energies[b]).slice(0, rows);
    return Float32Array.from(order.flatMap((row) => [...noise.subarray(row * size, (row + 1) * size)]));
  }

  dispose(): void {
    tf.dispose(this.#tensors);
    this.energy.dispose();
  }
}

async function matchesDifferences(subject: Subject): Promise<void> {
  const { energy, size, unit } = subject;
  const rows = 4;
  const start = await subject.draw(rows);
  const x = subject.tensor(start, [rows]);
  const force = await read(energy.force(x));
  const [both, forceBeside] = energy.energyAndForce(x);
  ensureClose('energy beside a force', await read(both), await read(energy.energy(x)), nearly);
  ensureClose('force beside an energy', await read(forceBeside), force, nearly);
  const slope = tf.tidy(() => tf.neg(tf.grad((at: Tensor) => tf.sum(energy.energy(at)))(x)));
  ensureClose('the derivative of the energy', await read(slope), force, closely);
  const pick = subject.stream.split('pick');
  for (let draw = 0; draw < 6; draw++) {
    const i = pick.nextInteger(start.length);
    const [row, entry] = [Math.floor(i / size), i % size];
    const alone = start.slice(row * size, (row + 1) * size);
    const at = async (values: readonly number[]) => {
      const rows = values.flatMap((value) => Array.from(alone.with(entry, value)));
      return Array.from(await read(energy.energy(subject.tensor(rows, [values.length]))));
    };
    const mismatch = await derivativeMismatch(-force[i], start[i], unit, at, 5e-3);
    ensure(mismatch === null, `row ${row}, entry ${entry}: ${mismatch}`);
  }
}

async function matchesSecondDifferences(subject: Subject): Promise<void> {
  const { energy, size, unit } = subject;
  const start = await subject.draw(1);
  const x = subject.tensor(start, [1]);
  const direction = subject.tensor(subject.stream.split('direction').normal(size), [1]);
  const along = (at: Tensor) => tf.tidy(() => tf.sum(tf.mul(energy.force(at), direction)));
  const slope = await read(tf.tidy(() => tf.grad(along)(x)));
  const pick = subject.stream.split('pick');
  for (const i of [pick.nextInteger(size), pick.nextInteger(size)]) {
    const at = async (value: number) => (await read(along(subject.tensor(start.with(i, value), [1]))))[0];
    const mismatch = await derivativeMismatch(slope[i], start[i], unit, oneByOne(at), 2e-2);
    ensure(mismatch === null, `entry ${i}: ${mismatch}`);
  }
}

async function keepsSymmetries(subject: Subject): Promise<void> {
  const { energy } = subject;
  const { translations, rotations, reflections, exchangeable = [] } = energy.invariances;
  const rows = 3;
  const start = await subject.draw(rows);
  const expected = await read(energy.energy(subject.tensor(start, [rows])));
  const same = async (what: string, moved: ArrayLike<number>) =>
    ensureClose(what, await read(energy.energy(subject.tensor(moved, [rows]))), expected, closely);
  if (reflections) await same('mirrored', start.map((value) => -value)); // prettier-ignore
  if (!(translations ?? rotations ?? exchangeable.length)) return;
  const [points, dims] = energy.eventShape as readonly [number, number];
  const moved = (change: (row: number, point: number, axis: number) => number) =>
    start.map((_, i) => change(Math.floor(i / (points * dims)), Math.floor(i / dims) % points, i % dims));
  const at = (row: number, point: number, axis: number) => start[(row * points + point) * dims + axis];
  if (translations) await same('moved', moved((row, point, axis) => at(row, point, axis) + 0.25 - 0.5 * axis)); // prettier-ignore
  if (rotations && dims > 1) {
    for (const [a, b] of dims > 2
      ? [
          [0, 1],
          [1, 2],
        ]
      : [[0, 1]]) {
      const turned = moved((row, point, axis) => {
        const [u, v] = [at(row, point, a), at(row, point, b)];
        if (axis === a) return Math.cos(0.7) * u - Math.sin(0.7) * v;
        return axis === b ? Math.sin(0.7) * u + Math.cos(0.7) * v : at(row, point, axis);
      });
      await same(`turned in axes ${a} and ${b}`, turned);
    }
  }
  for (const group of exchangeable) {
    const swapped = (point: number) => (group.includes(point) ? group.at((group.indexOf(point) + 1) % group.length)! : point); // prettier-ignore
    await same(
      `points ${group.join()} in other places`,
      moved((row, point, axis) => at(row, swapped(point), axis)),
    );
  }
}

async function takesBatches(subject: Subject): Promise<void> {
  const { energy, size } = subject;
  const all = await subject.draw(6);
  for (const batchShape of [[], [0], [1], [2, 3]]) {
    const what = `a batch ${formatShape(batchShape)}`;
    const rows = sizeOf(batchShape);
    const x = subject.tensor(all.subarray(0, rows * size), batchShape);
    const [energies, forces] = [energy.energy(x), energy.force(x)];
    const both = energy.energyAndForce(x);
    const shapes = [energies, forces, ...both].map(({ shape }) => formatShape(shape)).join();
    const wanted = [batchShape, x.shape, batchShape, x.shape].map(formatShape).join();
    ensure(shapes === wanted, `${what}: ${shapes}`);
    tf.dispose(both);
    const [u, f] = [await read(energies), await read(forces)];
    for (let row = 0; row < rows; row++) {
      const own = (values: Float32Array) => values.subarray(row * size, (row + 1) * size);
      const alone = subject.tensor(own(all), []);
      ensureClose(`${what}, energy ${row}`, [u[row]], await read(energy.energy(alone)), nearly);
      ensureClose(`${what}, force ${row}`, own(f), await read(energy.force(alone)), closely);
    }
  }
}

async function keepsNaN(subject: Subject): Promise<void> {
  const { energy, size } = subject;
  const start = await subject.draw(3);
  const clean = subject.tensor(start, [3]);
  const [u, f] = [await read(energy.energy(clean)), await read(energy.force(clean))];
  const bad = subject.tensor(start.with(size + Math.floor(size / 2), NaN), [3]);
  const [spoilt, forces] = [await read(energy.energy(bad)), await read(energy.force(bad))];
  ensure(Number.isNaN(spoilt[1]), `the energy of row 1 is ${spoilt[1]} though one coordinate is not a number`);
  ensure(
    forces.subarray(size, 2 * size).some(Number.isNaN),
    'no force in row 1 is NaN though one coordinate is not a number',
  );
  for (const row of [0, 2]) {
    ensureClose(`energy of row ${row} beside one of NaN`, [spoilt[row]], [u[row]], nearly);
    const own = (values: Float32Array) => values.subarray(row * size, (row + 1) * size);
    ensureClose(`force in row ${row} beside one of NaN`, own(forces), own(f), closely);
  }
}

function refusesShapes({ energy }: Subject): void {
  const shape = energy.eventShape;
  for (const wrong of [[2, ...shape.slice(0, -1), shape.at(-1)! + 1], shape.slice(1)]) {
    const x = tf.zeros([...wrong]);
    for (const method of ['energy', 'force', 'energyAndForce'] as const) {
      ensureThrows(`${method} of ${formatShape(wrong)}`, FlowShapeError, () => energy[method](x));
    }
    x.dispose();
  }
}

async function rebuilds(subject: Subject): Promise<void> {
  const { energy } = subject;
  using copy = await rebuilt(energy, subject.Class);
  const x = subject.tensor(await subject.draw(3), [3]);
  ensureClose('energies of the copy', await read(copy.energy(x)), await read(energy.energy(x)), () => 0);
}

async function frees(subject: Subject): Promise<void> {
  const x = subject.tensor(await subject.draw(2), [2]);
  ensureTidy(subject.make, [x], (energy) => ({
    energy: () => [energy.energy(x)],
    force: () => [energy.force(x)],
    energyAndForce: () => energy.energyAndForce(x),
    getConfig: () => (energy.getConfig(), []),
  }));
}

async function staysANumber(subject: Subject): Promise<void> {
  const { energy, size } = subject;
  for (const point of [0, 1, -1, 100, -1e4]) {
    // All coordinates alike, where points of a cloud meet; and one far from the others.
    const rows = [...Array<number>(size).fill(point), ...(await subject.draw(1)).with(0, point)];
    const [u, f] = energy.energyAndForce(subject.tensor(rows, [2]));
    for (const [what, values] of [
      ['energy', await read(u)],
      ['force', await read(f)],
    ] as const) {
      ensure(!values.some(Number.isNaN), `at ${point} the ${what} is ${values.join(', ').slice(0, 200)}`);
    }
  }
}
