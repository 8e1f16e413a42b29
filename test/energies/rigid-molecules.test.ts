import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  FlowConfigError,
  IceXI,
  RandomStream,
  ready,
  RigidMolecules,
  Tip4pEw,
  TIP4P_EW_SITES,
  type RigidMoleculesOptions,
} from '../../src/index.js';
import { erf } from '../../src/energies/ewald.js';
import { programFor } from '../../src/replay/lane-tasks.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { coulombByEwald, erfc, lennardJonesInDoubles, pointsOf } from '../support/rigid-molecules-in-doubles.js';

const COULOMB = 138.935456;
const AT_REST = [1, 0, 0, 0];

const valuesOf = (energy: RigidMolecules, rows: readonly (readonly number[])[]) =>
  tf.tidy(() => Array.from(energy.energy(tf.tensor(rows.flat(), [rows.length, ...energy.eventShape])).dataSync()));

/** Three molecules of water at random in a small box, which neither overlap nor have unit quaternions. */
function waters(): { box: [number, number, number]; poses: number[] } {
  const stream = new RandomStream('waters');
  const places = [0.1, 0.1, 0.1, 0.45, 0.2, 0.3, 0.2, 0.55, 0.65];
  const poses = [0, 1, 2].flatMap((i) => [...places.slice(3 * i, 3 * i + 3), ...stream.normal(4)]);
  return { box: [0.8, 0.75, 0.85], poses };
}

/** In kJ/mol, without dispersion beyond the cutoff. */
function waterInDoubles(box: readonly number[], poses: readonly number[], cutoff: number): number {
  const points = pointsOf({ sites: TIP4P_EW_SITES }, poses);
  return coulombByEwald(points, box, 6) + lennardJonesInDoubles(points, box, 0.9 * cutoff, cutoff);
}

onEachBackend(test, 'salts have the constants of Madelung', (t) => {
  const ions = (position: [number, number, number]) => [
    { position: [0, 0, 0] as const, charge: 1 },
    { position, charge: -1 },
  ];
  const pose = (...place: number[]) => [...place, ...AT_REST];
  // Each molecule is a pair of ions, whose own attraction is not counted.
  const rock = new RigidMolecules({ sites: ions([0.5, 0, 0]), molecules: 4, box: [1, 1, 1], ewaldTolerance: 1e-7 });
  const salt = [pose(0, 0, 0), pose(0.5, 0.5, 0), pose(0.5, 0, 0.5), pose(0, 0.5, 0.5)].flat();
  const [found] = valuesOf(rock, [salt]);
  assertClose(t, [(found * rock.kT) / COULOMB / 4], [(1 - 1.747564594633) / 0.5], 1e-5, 'sodium chloride');
  const half = 0.5 * Math.sqrt(3);
  const caesium = new RigidMolecules({ sites: ions([0.5, 0.5, 0.5]), molecules: 2, box: [2, 1, 1], ewaldTolerance: 1e-7 }); // prettier-ignore
  const [other] = valuesOf(caesium, [[pose(0, 0, 0), pose(1, 0, 0)].flat()]);
  assertClose(t, [(other * caesium.kT) / COULOMB / 2], [(1 - 1.76267477307) / half], 1e-5, 'caesium chloride');
  rock.dispose();
  caesium.dispose();
});

onEachBackend(test, 'charges that add up to something have an even background', (t) => {
  // A lattice of points in a cube of side 1: -2.837297 / 2 each; two of them in one box, at half the diagonal from each other.
  using points = new RigidMolecules({ sites: [{ position: [0, 0, 0], charge: 1 }], molecules: 8, box: [2, 2, 2], ewaldTolerance: 1e-7 }); // prettier-ignore
  const poses = [0, 1].flatMap((x) => [0, 1].flatMap((y) => [0, 1].flatMap((z) => [x, y, z, ...AT_REST])));
  assertClose(t, [(valuesOf(points, [poses])[0] * points.kT) / COULOMB / 8], [-2.837297 / 2], 1e-5);
});

onEachBackend(test, 'water has the energy of sums in double precision, however it is split', (t) => {
  const { box, poses } = waters();
  for (const [cutoff, ewaldTolerance] of [[0.37, 1e-6], [0.37, 1e-7], [0.3, 1e-6]] as const) {
    const options = { molecules: 3, box, cutoff, ewaldTolerance, dispersionCorrection: 'none' } as const;
    using water = new Tip4pEw(options);
    const expected = waterInDoubles(box, poses, cutoff) / water.kT;
    assertClose(t, valuesOf(water, [poses]), [expected], 3e-4, `cutoff ${cutoff}, tolerance ${ewaldTolerance}`);
  } // prettier-ignore
  for (const x of [0.1, 0.7, 1.9, 3, 4.5]) t.true(Math.abs(erf(x) + erfc(x) - 1) < 1e-14, `erf ${x}`);
});

onEachBackend(test, 'forces and torques are slopes of sums in double precision', (t) => {
  const { box, poses } = waters();
  using water = new Tip4pEw({ molecules: 3, box, cutoff: 0.37, ewaldTolerance: 1e-6, dispersionCorrection: 'none' });
  const force = tf.tidy(() => Array.from(water.force(tf.tensor(poses, [3, 7])).dataSync()));
  const h = 1e-5;
  const expected = poses.map((value, i) => {
    const at = (moved: number) => waterInDoubles(box, poses.with(i, moved), 0.37);
    return (at(value - h) - at(value + h)) / (2 * h * water.kT);
  });
  const largest = Math.max(...expected.map(Math.abs));
  assertClose(t, force.map((f) => f / largest), expected.map((f) => f / largest), 1e-4); // prettier-ignore
});

onEachBackend(test, 'moved, wrapped, exchanged and with other signs of quaternions it is the same', (t) => {
  using ice = new IceXI({ temperature: 250, repeats: [1, 1, 1] });
  const noise = new RandomStream('noise').normal(56);
  const poses = Array.from(ice.reference!, (value, i) => value + 0.01 * noise[i]);
  const bodies = Array.from({ length: 8 }, (_, i) => poses.slice(7 * i, 7 * i + 7));
  const [moved, wrapped, flipped, longer, exchanged] = [
    bodies.map((row) => row.map((value, i) => (i < 3 ? value + [0.3, -0.7, 0.123][i] : value))),
    bodies.map((row, k) => row.map((value, i) => (i < 3 ? value + (k - i) * ice.box[i] : value))),
    bodies.map((row, k) => row.map((value, i) => (i < 3 || k % 2 ? value : -value))),
    bodies.map((row) => row.map((value, i) => (i < 3 ? value : 3 * value))),
    bodies.toReversed(),
  ];
  const [expected, ...found] = valuesOf(
    ice,
    [bodies, moved, wrapped, flipped, longer, exchanged].map((rows) => rows.flat()),
  );
  assertClose(t, found, Array<number>(5).fill(expected), 3e-5);
});

test.serial('ice XI obeys the rules of ice in both orders, and has its energy', (t) => {
  for (const [protonOrder, polar] of [['antiferroelectric', false], ['ferroelectric', true]] as const) {
    using ice = new IceXI({ protonOrder, ewaldTolerance: 1e-5 });
    const poses = Array.from(ice.reference!);
    const points = pointsOf({ sites: TIP4P_EW_SITES }, poses);
    const oxygens = points.filter((_, i) => i % 4 === 0);
    const accepted = Array<number>(16).fill(0);
    for (const [i, hydrogen] of points.entries()) {
      if (i % 4 !== 1 && i % 4 !== 2) continue;
      const near = oxygens.filter(({ at, body }) => {
        const difference = at.map((value, d) => value - hydrogen.at[d]);
        const r = Math.hypot(...difference.map((v, d) => v - ice.box[d] * Math.round(v / ice.box[d])));
        return body !== hydrogen.body && r < 0.19;
      });
      t.is(near.length, 1);
      accepted[near[0].body]++;
    }
    t.deepEqual(accepted, Array<number>(16).fill(2));
    const dipole = [0, 1, 2].map((d) => points.reduce((sum, { charge, at }) => sum + charge * at[d], 0));
    assertClose(t, dipole.slice(0, 2), [0, 0], 1e-6);
    t.true(polar ? dipole[2] > 0.3 : Math.abs(dipole[2]) < 1e-6, `${dipole[2]}`);
    const cutoff = Math.min(...ice.box) / 2 - 1e-5;
    const exact = coulombByEwald(points, ice.box, 8, 1) + lennardJonesInDoubles(points, ice.box, 0.9 * cutoff, cutoff);
    const { lennardJones, realSpace, reciprocalSpace } = ice.terms(tf.tensor(poses, [1, 16, 7]));
    const sums = [lennardJones, realSpace, reciprocalSpace].map((part) => part.dataSync()[0]);
    using bare = new IceXI({ protonOrder, ewaldTolerance: 1e-5, dispersionCorrection: 'none' });
    assertClose(t, [sums[0] + sums[1] + sums[2] + bare.constantEnergy], [exact / ice.kT], 5e-5, protonOrder);
    // Unrelaxed, with the dispersion of the published runs.
    const perMolecule = (valuesOf(ice, [poses])[0] * ice.kT) / 16;
    assertClose(t, [perMolecule], [polar ? -61.628 : -61.697], 3e-4, protonOrder);
  } // prettier-ignore
});

onEachBackend(test, 'molecules on top of each other have energies, and forces that part them', (t) => {
  using water = new Tip4pEw({ molecules: 2, box: [0.8, 0.8, 0.8] });
  tf.tidy(() => {
    const met = [0.1, 0.1, 0.1, ...AT_REST, 0.1001, 0.1, 0.1, ...AT_REST];
    const shrunk = [0.1, 0.1, 0.1, 0, 0, 0, 0, 0.5, 0.5, 0.5, ...AT_REST];
    const [u, f] = water.energyAndForce(tf.tensor([...met, ...shrunk], [2, 2, 7]));
    const [energies, forces] = [u.dataSync(), f.dataSync()];
    t.true([...energies, ...forces].every(Number.isFinite));
    t.true(energies[0] > 1e6 && forces[0] < -1e3 && forces[7] > 1e3, `${energies[0]} ${forces[0]} ${forces[7]}`);
  });
});

test.serial('energies, and gradients through them, are programs', async (t) => {
  await ready({ backend: 'wasm' });
  using ice = new IceXI({ ewaldTolerance: 1e-2 });
  tf.tidy(() => {
    const x = tf.tile(tf.reshape(tf.tensor1d(ice.reference!), [1, 16, 7]), [32, 1, 1]);
    const slope = tf.grad((at: tf.Tensor) => tf.sum(tf.square(ice.energy(at))));
    for (const compute of [
      ([at]: tf.Tensor[]) => [ice.energy(at)],
      ([at]: tf.Tensor[]) => ice.energyAndForce(at),
      ([at]: tf.Tensor[]) => [slope(at)],
    ]) {
      t.truthy(programFor(compute, [x], 32, new Map()));
    }
  });
});

test('molecules and boxes that are none are refused', (t) => {
  const refuse = (options: Partial<RigidMoleculesOptions>, message: RegExp) => {
    const make = () => new RigidMolecules({ sites: TIP4P_EW_SITES, molecules: 2, box: [1, 2, 3], ...options });
    t.throws(make, { instanceOf: FlowConfigError, message });
  };
  refuse(
    { cutoff: 0.6 },
    /RigidMolecules.cutoff: expected at most half the shortest length of the box, 0.5 nm, got 0.6/,
  );
  refuse({ molecules: 1 }, /RigidMolecules.molecules/);
  refuse({ box: [1, 0, 1] }, /RigidMolecules.box: expected three positive lengths/);
  refuse({ sites: [] }, /RigidMolecules.sites: expected one site or more, got none/);
  refuse({ sites: [{ position: [0, 0, NaN] }] }, /RigidMolecules.sites\[0\].z/);
  refuse({ sites: [{ position: [0, 0, 0], epsilon: -1 }] }, /RigidMolecules.sites\[0\].epsilon/);
  refuse({ temperature: 0 }, /RigidMolecules.temperature/);
  refuse({ ewaldTolerance: 0.5 }, /RigidMolecules.ewaldTolerance: expected a number between 0 and 1\/2, got 0.5/);
  refuse({ switchFrom: 1 }, /RigidMolecules.switchFrom/);
  refuse({ dispersionCorrection: 'all' as never }, /dispersionCorrection: expected 'mean-field', 'openmm' or 'none', got all/); // prettier-ignore
  refuse({ reference: [1, 2] }, /RigidMolecules.reference: expected 14 finite numbers, got 2/);
  const wrong = { instanceOf: FlowConfigError, message: /IceXI.protonOrder: expected 'antiferroelectric'/ };
  t.throws(() => new IceXI({ protonOrder: 'glassy' as never }), wrong);
  t.throws(() => new IceXI({ repeats: [0, 1, 1] }), { instanceOf: FlowConfigError, message: /IceXI.repeats\[0\]/ });
});
