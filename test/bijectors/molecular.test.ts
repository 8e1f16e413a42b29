import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  AlanineDipeptide,
  CentreOfMassFree,
  ChiralEnergy,
  FlowConfigError,
  FlowDataError,
  hasWrongChirality,
  InternalCoordinates,
  MixedCoordinates,
  RandomStream,
  ready,
  signedVolumes,
  withRightChirality,
  type Bijector,
} from '../../src/index.js';
import { logAbsDet } from '../contract/numerics.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { golden } from '../support/golden.js';
import { torsionInDoubles } from '../support/molecules-in-doubles.js';

interface FourPoints {
  readonly points: readonly (readonly [number, number, number])[];
  readonly bond: number;
  readonly angle: number;
  readonly torsion: number;
  readonly logdet: number;
}

const CHAIN = [[0], [1, 0], [2, 1, 0], [3, 2, 1, 0]];

/** Distorted shapes of alanine dipeptide about its minimum, turned and moved, `[rows, 22, 3]`. */
function distorted(rows: number, size = 0.01): Tensor {
  using molecule = new AlanineDipeptide();
  const noise = new RandomStream('shapes').normal(66 * rows);
  return tf.tensor(
    Float32Array.from(noise, (v, i) => molecule.reference![i % 66] + size * v),
    [rows, 22, 3],
  );
}

onEachBackend(test, 'bonds, angles, torsions and their volumes are those of golden vectors', (t) => {
  using coordinates = new InternalCoordinates({ zMatrix: CHAIN });
  const { cases } = golden<FourPoints>('internal_coordinates');
  tf.tidy(() => {
    const x = tf.tensor(cases.flatMap(({ points }) => points.flat()), [cases.length, 4, 3]); // prettier-ignore
    const [q, logDet] = coordinates.inverseAndLogDet(x);
    const found = q.arraySync() as number[][];
    assertClose(t, found.flatMap((row) => [row[2], row[4], row[5]]), cases.flatMap(({ bond, angle, torsion }) => [bond, angle, torsion]), 2e-5); // prettier-ignore
    const seed = found.map((row) => 2 * Math.log(row[0] * row[1]) + Math.log(Math.sin(row[3])));
    assertClose(t, logDet, cases.map(({ logdet }, i) => logdet - seed[i]), 2e-5); // prettier-ignore
    assertClose(t, cases.map(({ torsion }) => torsion), cases.map(({ points: [a, b, c, d] }) => torsionInDoubles(d, c, b, a)), 1e-6); // prettier-ignore
  });
});

onEachBackend(test, 'alanine dipeptide there and back, by internal and by mixed coordinates', (t) => {
  const { zMatrix, mixedZMatrix } = AlanineDipeptide;
  using molecule = new AlanineDipeptide();
  using shapes = new InternalCoordinates({ zMatrix });
  using placed = new InternalCoordinates({ zMatrix, placement: 'kept' });
  using mixed = new MixedCoordinates({ block: mixedZMatrix.block, zMatrix: mixedZMatrix.rows });
  using mixedPlaced = new MixedCoordinates({ block: mixedZMatrix.block, zMatrix: mixedZMatrix.rows, placement: 'kept', whitening: 'zca' }); // prettier-ignore
  tf.tidy(() => {
    const x = distorted(40);
    for (const bijector of [mixed, mixedPlaced]) bijector.initialize(x);
    t.deepEqual([shapes, placed, mixed, mixedPlaced].map(({ eventShapeIn: [dims] }) => dims), [60, 66, 60, 66]); // prettier-ignore
    for (const bijector of [placed, mixedPlaced]) {
      const [q, down] = bijector.inverseAndLogDet(x);
      const [back, up] = bijector.forwardAndLogDet(q);
      assertClose(t, back, x, 3e-6, bijector.className);
      assertClose(t, tf.neg(up), down, 1e-4, bijector.className);
    }
    for (const bijector of [shapes, mixed]) {
      const [q, down] = bijector.inverseAndLogDet(x);
      const [back, up] = bijector.forwardAndLogDet(q);
      assertClose(t, tf.neg(up), down, 1e-4, bijector.className);
      assertClose(t, bijector.inverse(back), q, 1e-3, `${bijector.className} there and back`);
      // The same shapes, elsewhere.
      const [before, after] = [molecule.energy(x), molecule.energy(back)].map((u) => u.dataSync());
      assertClose(t, after, before, 1e-3, `${bijector.className}, energies`);
      t.true(tf.max(tf.abs(tf.sub(back, x))).dataSync()[0] > 0.01);
    }
    // Both measure volumes of the same shapes; what the pose adds is the sine of its polar angle.
    const [q, withPose] = placed.inverseAndLogDet(x);
    const polar = tf.reshape(tf.slice(q, [0, 3], [-1, 1]), [-1]);
    assertClose(t, withPose, tf.sub(shapes.inverseAndLogDet(x)[1], tf.log(tf.sin(polar))), 1e-4);
    // Whitened: 9 numbers of the block, of mean zero and covariance one.
    const block = tf.slice(mixed.inverse(x), [0, 0], [-1, 9]);
    const covariance = tf.div(tf.matMul(block, block, true), 39);
    assertClose(t, tf.mean(block, 0), new Float32Array(9), 1e-3);
    assertClose(t, covariance, tf.eye(9), 2e-2);
  });
});

test.serial('volumes of a whole molecule are those of its dense Jacobian', async (t) => {
  await ready({ backend: 'wasm' });
  const { zMatrix, mixedZMatrix } = AlanineDipeptide;
  const x = distorted(2, 0.02);
  for (const bijector of [
    new InternalCoordinates({ zMatrix, placement: 'kept' }),
    new MixedCoordinates({ block: mixedZMatrix.block, zMatrix: mixedZMatrix.rows, placement: 'kept' }),
  ] as Bijector[]) {
    bijector.initialize(x);
    const [rows, logDet] = tf.tidy(() => {
      const outputs = Array.from({ length: 66 }, (_, i) => {
        const one = tf.tensor(new Float32Array(66).fill(0).fill(1, i, i + 1), [1, 66]);
        return tf
          .grad((at: Tensor) => tf.sum(tf.mul(bijector.inverse(at), one)))(x)
          .dataSync();
      });
      return [outputs, bijector.inverseAndLogDet(x)[1].dataSync()];
    });
    const dense = [0, 1].map((row) => logAbsDet(rows.map((g) => Float32Array.from(g.slice(66 * row, 66 * row + 66)))));
    assertClose(t, logDet, dense, 1e-4, bijector.className);
    bijector.dispose();
  }
  x.dispose();
});

onEachBackend(test, 'coordinates say what they are, and rigid bonds are none', (t) => {
  using coordinates = new InternalCoordinates({ zMatrix: CHAIN, fixedBonds: [[1, 0.1], [3, 0.2]] }); // prettier-ignore
  t.deepEqual(coordinates.coordinates.map(({ kind, atoms }) => `${kind} ${atoms.join('-')}`), ['bond 2-1', 'angle 2-1-0', 'angle 3-2-1', 'torsion 3-2-1-0']); // prettier-ignore
  t.deepEqual(coordinates.circular, [3]);
  tf.tidy(() => {
    const [x, logDet] = coordinates.forwardAndLogDet(tf.tensor2d([[0.15, 1.9, 2.1, -2.5]]));
    const distance = (i: number, j: number) => tf.norm(tf.sub(tf.slice(x, [0, i], [1, 1]), tf.slice(x, [0, j], [1, 1]))); // prettier-ignore
    assertClose(t, tf.stack([distance(0, 1), distance(1, 2), distance(2, 3)]), [0.1, 0.15, 0.2], 1e-6);
    const expected = 2 * Math.log(0.1 * 0.15 * 0.2) + Math.log(Math.sin(1.9) * Math.sin(2.1));
    assertClose(t, logDet, [expected], 1e-5);
    const [q, back] = coordinates.inverseAndLogDet(tf.mul(x, tf.tensor1d([1, -1, -1])));
    assertClose(t, q, [0.15, 1.9, 2.1, -2.5], 1e-5);
    assertClose(t, back, [-expected], 1e-5);
  });
  using rigid = new InternalCoordinates({ zMatrix: CHAIN, fixedBonds: [[1, 0.1], [2, 0.1], [3, 0.2]] }); // prettier-ignore
  t.deepEqual(rigid.eventShapeIn, [3]);
  t.notThrows(() => tf.tidy(() => rigid.inverse(rigid.forward(tf.tensor2d([[1.9, 2.1, -2.5]])))));
});

onEachBackend(test, 'particles about their centre: a rotation of the subspace', (t) => {
  using free = new CentreOfMassFree({ particles: 4, dims: 3 });
  tf.tidy(() => {
    const z = tf.tensor2d(new RandomStream(1).normal(18), [2, 9]);
    const [x, logDet] = free.forwardAndLogDet(z);
    assertClose(t, tf.mean(x, 1), new Float32Array(6), 1e-6);
    assertClose(t, tf.sum(tf.square(x), [1, 2]), tf.sum(tf.square(z), 1), 1e-5);
    assertClose(t, free.inverse(tf.add(x, tf.tensor1d([3, -1, 2]))), z, 1e-5);
    t.deepEqual([...logDet.dataSync()], [0, 0]);
  });
});

onEachBackend(test, 'mirror images are told apart', (t) => {
  const centres = [AlanineDipeptide.chiralCentre];
  using molecule = new AlanineDipeptide();
  using chiral = new ChiralEnergy({ energy: new AlanineDipeptide(), centres });
  tf.tidy(() => {
    const x = distorted(3, 0.003);
    const both = tf.concat([x, tf.neg(tf.slice(x, 1, 1))], 0);
    const volumes = signedVolumes(both, centres).dataSync();
    t.true(volumes[0] > 0.002 && volumes[0] < 0.003);
    assertClose(t, [1000 * volumes[3]], [-1000 * volumes[1]], 1e-4);
    t.deepEqual(hasWrongChirality(both, centres), [false, false, false, true]);
    t.deepEqual(withRightChirality(both, centres).shape, [3, 22, 3]);
    assertClose(t, chiral.energy(x), molecule.energy(x), 1e-6);
    t.true(tf.sub(chiral.energy(both), molecule.energy(both)).dataSync()[3] > 100);
    t.true(hasWrongChirality(tf.fill([1, 22, 3], NaN), centres)[0]);
  });
});

onEachBackend(test, 'molecules without directions are refused by row and atoms', (t) => {
  using coordinates = new InternalCoordinates({ zMatrix: CHAIN });
  const good = [0, 0, 0, 0.1, 0, 0, 0.1, 0.1, 0, 0.2, 0.1, 0.1];
  const refuse = (rows: number[][], message: RegExp) =>
    t.throws(() => tf.tidy(() => coordinates.initialize(tf.tensor(rows.flat(), [rows.length, 4, 3]))), {
      instanceOf: FlowDataError,
      message,
    });
  refuse([good, good.with(3, 0)], /InternalCoordinates.initialize: .* got atoms 1 and 0 at one place in row 1\./);
  refuse([good.with(7, 0).with(6, 0.3), good], /got atoms 2, 1 and 0 in a line in row 0\./);
  refuse([good.with(4, NaN)], /got NaN for atom 1 in row 0/);
  t.notThrows(() => tf.tidy(() => coordinates.initialize(tf.tensor(good, [1, 4, 3]))));
});

test('Z-matrices that place no molecule are refused', (t) => {
  const refuse = (make: () => unknown, message: RegExp) => t.throws(make, { instanceOf: FlowConfigError, message });
  const internal = (zMatrix: number[][]) => () => new InternalCoordinates({ zMatrix });
  refuse(internal([[0], [1, 0]]), /zMatrix: expected one row of one atom, one of two, one of three/);
  refuse(internal([[0], [1, 2], [2, 1, 0]]), /expected the second atom to refer to 0/);
  refuse(internal([[0], [1, 0], [2, 1, 0], [3, 2, 1, 4], [4, 3, 1, 0]]), /that wait for atoms placed later/);
  refuse(internal([[0], [1, 0], [2, 1, 0], [3, 2, 1, 7]]), /zMatrix\[0\]: expected four different atoms below 4/);
  refuse(internal([[0], [1, 0], [2, 1, 0], [2, 0, 1, 3]]), /got atom 2 twice/);
  refuse(
    () => new InternalCoordinates({ zMatrix: CHAIN, placement: 'lost' as never }),
    /placement: expected 'removed'/,
  );
  refuse(() => new InternalCoordinates({ zMatrix: CHAIN, fixedBonds: [[0, 0.1]] }), /fixedBonds: .* got 0.1 for atom 0/); // prettier-ignore
  refuse(() => new InternalCoordinates({ zMatrix: CHAIN, fixedBonds: [[1, -1]] }), /fixedBonds/);
  refuse(() => new MixedCoordinates({ block: [0, 1], zMatrix: [] }), /MixedCoordinates.block: expected three atoms/);
  refuse(() => new CentreOfMassFree({ particles: 1 }), /CentreOfMassFree.particles/);
  tf.tidy(() => {
    refuse(() => signedVolumes(tf.zeros([1, 4, 3]), []), /signedVolumes.centres: .* got none/);
    refuse(() => signedVolumes(tf.zeros([1, 4, 3]), [[0, 1, 2, 4]]), /got \[0, 1, 2, 4\]/);
    t.throws(() => signedVolumes(tf.zeros([4, 2]), [[0, 1, 2, 3]]), { name: 'FlowShapeError' });
  });
});
