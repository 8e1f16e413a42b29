import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  AlanineDipeptide,
  DoubleWell,
  FlowConfigError,
  MolecularMechanics,
  RegularizedEnergy,
  TemperedEnergy,
  type MolecularMechanicsOptions,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { golden } from '../support/golden.js';
import { energyInDoubles, forcesInDoubles } from '../support/molecules-in-doubles.js';

type Parts = Record<'bond' | 'angle' | 'torsion' | 'lj' | 'lj14' | 'coulomb' | 'coulomb14' | 'total', number>;

interface Geometry {
  readonly label: string;
  readonly xyz: number[];
  readonly ff96: Parts;
  readonly ff99sb: Parts;
  readonly forcesFf96: number[];
}

interface Minimum {
  readonly forceField: 'ff96' | 'ff99sb';
  readonly label: string;
  readonly energy: number;
  readonly xyz: number[];
}

const REFERENCE = golden<Geometry>('alanine_dipeptide');
const MINIMA = (REFERENCE as unknown as { minima: Minimum[] }).minima;

onEachBackend(test, 'the energy of alanine dipeptide has its reference values, part by part', (t) => {
  for (const forceField of ['ff96', 'ff99sb'] as const) {
    using molecule = new AlanineDipeptide({ forceField });
    for (const geometry of REFERENCE.cases) {
      const { bond, angle, torsion, lj, lj14, coulomb, coulomb14, total } = geometry[forceField];
      tf.tidy(() => {
        const x = tf.tensor(geometry.xyz, [1, 22, 3]);
        const { bonds, angles, torsions, nonbonded } = molecule.terms(x);
        const found = [bonds, angles, torsions, nonbonded].map((part) => part.dataSync()[0] * molecule.kT);
        const what = `${forceField}, ${geometry.label}`;
        assertClose(t, found, [bond, angle, torsion, lj + lj14 + coulomb + coulomb14], 3e-5, what);
        // What is left of parts that cancel has the errors of the largest.
        const size = Math.max(...[bond, angle, torsion, lj + lj14, coulomb, coulomb14].map(Math.abs));
        const sum = molecule.energy(x).dataSync()[0] * molecule.kT;
        assertClose(t, [sum / size], [total / size], 2e-6, `${what}, total`);
        if (forceField === 'ff99sb') return;
        const largest = Math.max(...geometry.forcesFf96.map(Math.abs));
        const forces = tf.div(molecule.force(x), largest / molecule.kT);
        assertClose(t, forces, geometry.forcesFf96.map((f) => f / largest), 3e-5, `${what}, forces`); // prettier-ignore
      });
    }
  }
});

onEachBackend(test, 'minima are where the forces vanish, with their energies', (t) => {
  for (const { forceField, label, energy, xyz } of MINIMA) {
    using molecule = new AlanineDipeptide({ forceField });
    tf.tidy(() => {
      const x = tf.tensor(xyz, [22, 3]);
      assertClose(t, tf.mul(molecule.energy(x), molecule.kT), [energy], 1e-5, `${forceField} ${label}`);
      const largest = tf.max(tf.abs(molecule.force(x))).dataSync()[0] * molecule.kT;
      // Coordinates are rounded to 10⁻⁶ nm, which bonds of 5·10⁵ kJ/mol/nm² answer.
      t.true(largest < 2, `${forceField} ${label}: ${largest} kJ/mol/nm`);
      if (label === 'C7eq') assertClose(t, molecule.reference!, xyz, 1e-7);
    });
  }
});

onEachBackend(test, 'energies and forces are those of sums in double precision', (t) => {
  const topology: MolecularMechanicsOptions = {
    atoms: [0.3, -0.2, 0.1, -0.5, 0.3].map((charge, i) => ({ name: `${i}`, mass: 12, charge, sigma: 0.2 + 0.03 * i, epsilon: 0.5 })), // prettier-ignore
    bonds: [[0, 1, 0.12, 2e5], [2, 1, 0.15, 1e5], [2, 3, 0.11, 3e5], [3, 4, 0.14, 2e5]], // prettier-ignore
    angles: [[0, 1, 2, 1.9, 400], [1, 2, 3, 2.1, 500], [4, 3, 2, 1.7, 300]], // prettier-ignore
    torsions: [[0, 1, 2, 3, 1, 0.7, 4], [0, 1, 2, 3, 5, -1.1, 3], [4, 3, 2, 1, 3, Math.PI, 6], [0, 2, 1, 3, 2, 2, 9]], // prettier-ignore
    lennardJones14: 0.3,
    coulomb14: 0.7,
    temperature: 450,
  };
  using molecule = new MolecularMechanics(topology);
  // In float32: the torsions of three atoms nearly in a line answer to the last bit of a coordinate.
  const shapes = [
    [0, 0.12, 0, 0, 0, 0, 0.15, 0.01, 0, 0.19, 0.08, 0.07, 0.3, 0.03, 0.12],
    [-0.02, 0.1, 0.03, 0, 0, 0, 0.14, 0, 0.02, 0.21, -0.08, 0.03, 0.16, -0.15, -0.12],
    // Three atoms nearly in a line.
    [0, 0.12, 0, 0, 0, 0, 0.15, 0.01, 0, 0.26, 0.0173, 0.0001, 0.37, 0.09, 0.02],
  ].map((shape) => [...new Float32Array(shape)]);
  tf.tidy(() => {
    const x = tf.tensor(shapes.flat(), [3, 5, 3]);
    const expected = shapes.map((shape) => energyInDoubles(topology, shape) / molecule.kT);
    assertClose(t, molecule.energy(x), expected, 2e-5, 'energies');
    const found = molecule.force(x).dataSync();
    shapes.forEach((shape, k) => {
      const forces = forcesInDoubles(topology, shape).map((f) => f / molecule.kT);
      const largest = Math.max(...forces.map(Math.abs));
      const relative = (values: ArrayLike<number>) => Array.from(values, (f) => f / largest);
      // In the last shape, torsions of 3 · 10⁵ kJ/mol/nm cancel to 10⁴.
      const tolerance = k === 2 ? 1e-3 : 5e-5;
      assertClose(t, relative(found.slice(15 * k, 15 * (k + 1))), relative(forces), tolerance, `forces of shape ${k}`);
    });
  });
  using alanine = new AlanineDipeptide();
  const { xyz } = REFERENCE.cases[1];
  const energy = energyInDoubles(alanine.topology, xyz) / alanine.kT;
  assertClose(t, tf.tidy(() => alanine.energy(tf.tensor(xyz, [22, 3])).dataSync()), [energy], 1e-4); // prettier-ignore
});

onEachBackend(test, 'atoms on top of each other and in a line have energies, and forces that part them', (t) => {
  using molecule = new AlanineDipeptide();
  tf.tidy(() => {
    const { xyz } = REFERENCE.cases[0];
    // Two hydrogens at one place, and an atom on the line of two others.
    const met = xyz.with(33, xyz[57]).with(34, xyz[58]).with(35, xyz[59]);
    const [a, b] = [xyz.slice(12, 15), xyz.slice(18, 21)];
    const line = xyz.map((v, i) => (i >= 24 && i < 27 ? 2 * b[i - 24] - a[i - 24] : v));
    const [u, f] = molecule.energyAndForce(tf.tensor([...met, ...line, ...Array<number>(66).fill(0.1)], [3, 22, 3]));
    t.true([...u.dataSync(), ...f.dataSync()].every(Number.isFinite));
    t.true(u.dataSync()[0] > 1e6, `${u.dataSync()[0]}`);
    // As close as it is steepest, a pair is driven apart.
    const near = met.with(33, met[33] + 0.01);
    const [force] = [molecule.force(tf.tensor(near, [22, 3])).dataSync()];
    t.true(force[33] > 1e6 && force[57] < -1e6, `${force[33]} and ${force[57]}`);
  });
});

onEachBackend(test, 'hotter, and cut as a logarithm', (t) => {
  using hot = new TemperedEnergy({ energy: new DoubleWell(), temperature: 4 });
  using well = new DoubleWell();
  using cut = new RegularizedEnergy({ energy: new DoubleWell(), high: 10, max: 1e4 });
  tf.tidy(() => {
    const x = tf.tensor2d([[1, 0], [3, 1], [8, 0], [20, 0]]); // prettier-ignore
    assertClose(t, tf.mul(hot.energy(x), 4), well.energy(x), 1e-6);
    assertClose(t, tf.mul(hot.force(x), 4), well.force(x), 1e-6);
    const energies = Array.from(well.energy(x).dataSync());
    const expected = energies.map((u) => (u < 10 ? u : 10 + Math.log(1 + Math.min(u, 1e4) - 10)));
    assertClose(t, cut.energy(x), expected, 1e-6);
    const factors = energies.map((u) => (u < 10 ? 1 : u > 1e4 ? 0 : 1 / (1 + u - 10)));
    const slopes = Array.from(well.force(x).dataSync()).map((f, i) => f * factors[i >> 1]);
    assertClose(t, cut.force(x), slopes, 1e-6);
    t.deepEqual([...cut.energy(tf.tensor2d([[NaN, 0], [1e20, 0]])).dataSync()], [NaN, Math.fround(10 + Math.log(9991))]); // prettier-ignore
  });
});

test('molecules that are none are refused', (t) => {
  const atoms = [0, 1, 2].map((i) => ({ name: `${i}`, mass: 1, charge: 0, sigma: 0.1, epsilon: 0.1 }));
  const bonds = [[0, 1, 0.1, 1e5], [1, 2, 0.1, 1e5]] as const; // prettier-ignore
  const refuse = (make: () => unknown, message: RegExp) => t.throws(make, { instanceOf: FlowConfigError, message });
  refuse(
    () => new MolecularMechanics({ atoms: [], bonds }),
    /MolecularMechanics.atoms: expected two atoms or more, got 0/,
  );
  refuse(() => new MolecularMechanics({ atoms, bonds: [] }), /MolecularMechanics.bonds: expected at least one bond/);
  refuse(
    () => new MolecularMechanics({ atoms, bonds: [[0, 3, 0.1, 1]] }),
    /bonds\[0\]: expected 2 different atoms below 3/,
  );
  refuse(
    () => new MolecularMechanics({ atoms, bonds, angles: [[0, 1, 0, 2, 1]] }),
    /angles\[0\]: expected 3 different/,
  );
  refuse(() => new MolecularMechanics({ atoms, bonds, temperature: 0 }), /MolecularMechanics.temperature/);
  refuse(
    () => new MolecularMechanics({ atoms, bonds, reference: [0, 1] }),
    /reference: expected 9 finite coordinates, got 2/,
  );
  refuse(
    () => new MolecularMechanics({ atoms: [...atoms.slice(0, 2), { ...atoms[2], mass: -1 }], bonds }),
    /atoms\[2\].mass/,
  );
  const four = { atoms: [...atoms, atoms[0]], bonds };
  refuse(
    () => new MolecularMechanics({ ...four, torsions: [[0, 1, 2, 3, 0.5, 0, 1]] }),
    /torsions\[0\]: expected a multiplicity/,
  );
  refuse(
    () => new AlanineDipeptide({ forceField: 'opls' as never }),
    /AlanineDipeptide.forceField: expected 'ff96' or 'ff99sb', got 'opls'/,
  );
  refuse(() => new AlanineDipeptide({ temperature: -1 }), /AlanineDipeptide.temperature/);
  refuse(() => new TemperedEnergy({ energy: new DoubleWell(), temperature: 0 }), /TemperedEnergy.temperature/);
  refuse(
    () => new RegularizedEnergy({ energy: new DoubleWell(), high: 5, max: 5 }),
    /RegularizedEnergy: expected `high` < `max`/,
  );
});
