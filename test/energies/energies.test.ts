import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import {
  DimerInBath,
  DoubleWell,
  FlowConfigError,
  FlowShapeError,
  GaussianMixture,
  gaussianMixture40,
  LennardJones,
  ManyWell,
  ModifiedWolfeQuapp,
  MuellerBrown,
  MultiDoubleWell,
  OctupoleRotor,
  RandomStream,
  ready,
  rotationMatrix,
  ScalarFieldLattice,
  u1Exact,
  U1Lattice,
  type Energy,
} from '../../src/index.js';
import { onEachBackend } from '../support/backends.js';
import { assertClose } from '../support/close.js';
import { golden } from '../support/golden.js';

interface Case {
  readonly energy: string;
  readonly params: Record<string, number>;
  readonly x: number[][];
  readonly e: number[];
  readonly grad: number[][];
}

/** Ours with the parameters of a reference. */
const BY_NAME: Record<string, (params: Record<string, number>, dims: number) => Energy> = {
  doubleWell: (params, dims) => new DoubleWell({ ...params, dims }),
  multiDimDoubleWell: (params, dims) => new ManyWell({ ...params, wells: dims, dimsPerWell: 1 }),
  mueller: ({ scale1, scale2, beta }, dims) =>
    new MuellerBrown({ dims, scale: beta * scale1, harmonic: beta * scale2, offset: 146.7 }),
  modifiedWolfeQuapp: ({ theta, scale1, beta, scale2 }, dims) =>
    new ModifiedWolfeQuapp({ dims, theta, scale: beta * scale1, harmonic: beta * scale2 }),
  multiDoubleWell4: ({ nParticles, spaceDim, ...rest }) =>
    new MultiDoubleWell({ ...rest, particles: nParticles, spatialDims: spaceDim }),
  lennardJones: ({ nParticles, spaceDim, eps, rm, oscillatorScale, distanceEps }) =>
    new LennardJones({
      particles: nParticles,
      spatialDims: spaceDim,
      epsilon: eps,
      rm,
      confinement: oscillatorScale,
      softening: distanceEps,
    }),
};

onEachBackend(test, 'energies and gradients are those of a reference in double precision', (t) => {
  golden<Case>('energies').cases.forEach(({ energy: name, params, x, e, grad }, k) => {
    using energy = BY_NAME[name](params, x[0].length);
    tf.tidy(() => {
      const at = tf.tensor(x.flat(), [x.length, ...energy.eventShape]);
      const scale = Math.max(...grad.flat().map(Math.abs), 1);
      assertClose(t, energy.energy(at), e, 2e-5, `energies of case ${k}, ${name}`);
      assertClose(t, tf.div(energy.force(at), -scale), grad.flat().map((v) => v / scale), 2e-5, `slopes of case ${k}, ${name}`); // prettier-ignore
    });
  });
});

/** An energy at some configurations. */
function at(energy: Energy, ...points: number[][]): number[] {
  return tf.tidy(() => Array.from(energy.energy(tf.tensor(points.flat(), [points.length, ...energy.eventShape])).dataSync())); // prettier-ignore
}

onEachBackend(test, 'energies have their published values and minima', (t) => {
  using mueller = new MuellerBrown();
  const minima = [[-0.558224, 1.441726], [0.623499, 0.028038], [-0.050011, 0.466694]]; // prettier-ignore
  assertClose(t, at(mueller, ...minima), [-146.699517, -108.166724, -80.767818], 1e-5, 'Müller-Brown');
  using dw4 = new MultiDoubleWell();
  const shapes = [[0, 0, 4, 0, 4, 4, 0, 4], [0, 0, 3, 1, -2, 2.5, 1, -4]]; // prettier-ignore
  assertClose(t, at(dw4, ...shapes), [-8.396643, 36.772087], 1e-5, 'DW4');
  const spiral = Array.from({ length: 13 }, (_, i) => [0.9 * i, 1.1 * (i % 3), 0.95 * (i % 5)]).flat();
  for (const [confinement, expected] of [
    [1, 89.535188],
    [0, -0.54212],
  ]) {
    using cluster = new LennardJones({ confinement });
    assertClose(t, at(cluster, spiral), [expected], 1e-5, `LJ13 with confinement ${confinement}`);
  }
  using bath = new DimerInBath();
  const grid = Array.from({ length: 36 }, (_, k) => [-2.5 + Math.floor(k / 6), -2.5 + (k % 6)]);
  assertClose(t, at(bath, [[-0.75, 0], [0.75, 0], ...grid].flat()), [13714.369955], 1e-5, 'dimer in a bath'); // prettier-ignore
  using dimer = new DimerInBath({ solvent: 1, epsilon: 1e-6 });
  const far = (d: number) => [-d / 2, 0, d / 2, 0, 0, 2.9];
  assertClose(t, at(dimer, far(1), far(1.5), far(2)), [-14, 0, -16], 1e-4, 'dimer');
  using outside = new DimerInBath({ solvent: 1, epsilon: 1e-6, wall: 10 });
  assertClose(t, at(outside, [-0.75, 0, 0.75, 0, -4, 3.5]), [10 * (1 + 0.25)], 1e-4, 'walls');
  using field = new ScalarFieldLattice({ shape: [2, 2] });
  // Each neighbour of a lattice of two is met twice.
  assertClose(t, at(field, [1, 0, 0, 0]), [-4 + 8 + 4], 1e-6, 'one site of a scalar field');
});

test('double wells know their integral', (t) => {
  const wells = [
    { options: {}, z: Math.log(73.185824) },
    { options: { a: -0.5, b: -6 }, z: Math.log(11784.509265) },
    { options: { a: 1, b: -6 }, z: 10.101529 },
  ];
  for (const { options, z } of wells) {
    using one = new DoubleWell({ ...options, dims: 1 });
    assertClose(t, [one.logPartition], [z], 1e-7);
    using plane = new DoubleWell(options);
    assertClose(t, [plane.logPartition - one.logPartition], [0.5 * Math.log(2 * Math.PI)], 1e-12);
  }
  using many = new ManyWell({});
  assertClose(t, [many.logPartition], [164.695675], 1e-8);
});

onEachBackend(test, 'draws follow the density', async (t) => {
  const n = 20_000;
  using well = new ManyWell({ wells: 2 });
  const x = tf.tidy(() => well.sample(n, { seed: 1 }));
  const values = await x.data();
  const column = (i: number) => Array.from({ length: n }, (_, row) => values[4 * row + i]);
  for (const i of [0, 2]) {
    const own = column(i);
    assertClose(t, [mean(own.map((v) => Number(v > 0)))], [0.8443071], 0.01, 'share of the deeper well');
    assertClose(t, [mean(own), mean(own.map((v) => v * v))], [1.187961, 2.959806], 0.04, 'moments');
  }
  assertClose(t, [mean(column(1)), mean(column(3).map((v) => v * v))], [0, 1], 0.05, 'the rest is normal');
  t.deepEqual([...tf.tidy(() => well.sample(3, { seed: 1 }).dataSync())], [...tf.tidy(() => well.sample(3, { seed: 1 }).dataSync())]); // prettier-ignore
  x.dispose();
  using single = new DoubleWell({ a: 1, b: -6, dims: 1 });
  const below = tf.tidy(() => mean([...tf.less(single.sample(n, { seed: 2 }), 0).dataSync()]));
  assertClose(t, [below], [1 - 0.0329295], 0.005);
});

onEachBackend(test, 'a mixture of Gaussians is normalised, and its draws are from it', async (t) => {
  using mixture = new GaussianMixture({ means: [[-2], [1]], std: 0.5, weights: [1, 3] });
  const grid = Array.from({ length: 1201 }, (_, i) => -6 + 0.01 * i);
  const total = tf.tidy(() => 0.01 * tf.sum(tf.exp(tf.neg(mixture.energy(tf.tensor(grid, [1201, 1]))))).dataSync()[0]);
  assertClose(t, [total], [1], 1e-5);
  const draws = await readAll(tf.tidy(() => mixture.sample(10_000, { seed: 3 })));
  assertClose(t, [mean(draws), mean(draws.map((v) => Number(v < -0.5)))], [0.25, 0.25], 0.05);
  using plane = gaussianMixture40();
  // Far from all centres it is the nearest that counts, not infinity.
  const [far] = at(plane, [400, 400]);
  t.true(Number.isFinite(far) && far > 1e4, `${far}`);
});

onEachBackend(test, 'plaquettes, charges and gauge transformations of U(1)', (t) => {
  using lattice = new U1Lattice({ shape: [4, 3], beta: 1.5 });
  tf.tidy(() => {
    const stream = new RandomStream('links');
    const links = tf.tensor(stream.uniform(2 * 2 * 12, -Math.PI, Math.PI), [2, 2, 4, 3]);
    const turned = lattice.gaugeTransform(links, tf.tensor(stream.uniform(12, -3, 3), [4, 3]));
    assertClose(t, lattice.plaquettes(turned), lattice.plaquettes(links), 1e-5, 'plaquettes after a transformation');
    const onTorus = tf.sum(lattice.plaquettes(links), [1, 2]);
    assertClose(t, onTorus, [0, 0], 2e-5, 'plaquettes add up to zero');
    assertClose(t, lattice.energy(tf.add(links, 2 * Math.PI)), lattice.energy(links), 1e-4, 'a turn more');
    assertClose(t, lattice.meanPlaquette(links), tf.div(lattice.energy(links), -1.5 * 12), 1e-5, 'mean plaquette');
    // Links of an even field of charge 1: all plaquettes alike, 2π / V.
    const share = (2 * Math.PI) / 12;
    const even = tf.buffer([2, 4, 3]);
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j < 3; j++) {
        even.set(-share * j, 0, i, j);
        even.set(j === 2 ? 3 * share * i : 0, 1, i, j);
      }
    }
    for (const q of [-1, 0, 2]) {
      const field = tf.mul(even.toTensor(), q);
      const [charge] = lattice.charge(field).dataSync();
      t.is(charge, q, `a field of charge ${q}`);
      assertClose(t, lattice.meanPlaquette(field), [Math.cos(q * share)], 1e-5);
    }
    t.throws(() => lattice.charge(tf.zeros([2, 3, 4])), { instanceOf: FlowShapeError });
    t.throws(() => lattice.gaugeTransform(links, tf.zeros([3, 4])), { instanceOf: FlowShapeError });
  });
});

test('the exact averages of U(1) are those of sums over characters', (t) => {
  // On one site both plaquette links cancel; from two sites on, I₁/I₀ is the plaquette of a large lattice.
  const { plaquette, logPartition } = u1Exact(2, 400);
  const [i0, i1] = [besselI(0, 2), besselI(1, 2)];
  assertClose(t, [plaquette], [i1 / i0], 1e-6);
  assertClose(t, [logPartition], [400 * Math.log(i0)], 1e-8);
  // Its derivative by β, summed over sites, is the plaquette.
  const [low, high] = [1.999, 2.001].map((beta) => u1Exact(beta, 16).logPartition);
  assertClose(t, [(high - low) / 0.002 / 16], [u1Exact(2, 16).plaquette], 1e-6);
  const finite =
    [-2, -1, 0, 1, 2, 3, 4].reduce((sum, k) => sum + besselI(Math.abs(k), 2) ** 16, 0) + besselI(3, 2) ** 16;
  assertClose(t, [u1Exact(2, 16).logPartition], [Math.log(finite)], 1e-9);
  t.true(u1Exact(2, 64).chargeSquared > 3.9 * u1Exact(2, 16).chargeSquared, 'grows as the volume');
});

test.serial('averages by weighting uniform links are the exact ones', async (t) => {
  await ready({ backend: 'wasm' });
  using lattice = new U1Lattice({ shape: [2, 2], beta: 1 });
  const rows = 20_000;
  const [energies, charges, plaquettes] = tf.tidy(() => {
    const links = tf.tensor(new RandomStream('uniform links').uniform(rows * 8, -Math.PI, Math.PI), [rows, 2, 2, 2]);
    return [lattice.energy(links), lattice.charge(links), lattice.meanPlaquette(links)];
  });
  const weights = (await readAll(energies)).map((u) => Math.exp(-u));
  const average = (values: number[]) => mean(values.map((v, i) => v * weights[i])) / mean(weights);
  const exact = u1Exact(1, 4);
  assertClose(t, [Math.log(mean(weights))], [exact.logPartition], 0.03, 'log Z');
  assertClose(t, [average(await readAll(plaquettes))], [exact.plaquette], 0.02, 'plaquette');
  const squares = (await readAll(charges)).map((q) => q * q);
  assertClose(t, [average(squares)], [exact.chargeSquared], 0.01, 'squared charge');
});

test.serial('the octupole rotor has the values, minimum and partition function of its sum over corners', async (t) => {
  await ready({ backend: 'wasm' });
  const side = 16;
  const middle = (cells: number, from: number, to: number) => Array.from({ length: cells }, (_, i) => from + ((i + 0.5) * (to - from)) / cells); // prettier-ignore
  // q = (√(1 - h) e^{iα}, √h e^{iβ}), in which rotations are uniform in h and the angles; smooth in h, so that two-point Gauss cells do.
  const heights = middle(side, 0, 1).flatMap((h) => [-1, 1].map((sign) => h + sign / (side * Math.sqrt(12))));
  const angles = middle(2 * side, 0, 2 * Math.PI);
  const rows = heights.flatMap((h) => angles.flatMap((a) => angles.map((b) => [Math.sqrt(1 - h) * Math.cos(a), Math.sqrt(1 - h) * Math.sin(a), Math.sqrt(h) * Math.cos(b), Math.sqrt(h) * Math.sin(b)]))); // prettier-ignore
  const corners = [[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]; // prettier-ignore
  tf.tidy(() => {
    const q = tf.tensor2d(rows);
    const field = tf.slice(rotationMatrix(q), [0, 6], [-1, 3]);
    const cubes = tf.sum(tf.pow(tf.matMul(field, tf.div(corners, Math.sqrt(3)), false, true), 3), 1);
    for (const [strength, logPartition] of [
      [2, 0.386362],
      [4, 1.370023],
      [8, 4.127207],
    ]) {
      const rotor = new OctupoleRotor({ strength });
      const energies = rotor.energy(q);
      assertClose(t, energies, tf.mul(cubes, -strength), 1e-5, 'energies');
      t.true(Math.abs(rotor.logPartition - logPartition) < 1e-6, `${rotor.logPartition}`);
      const total = Array.from(energies.dataSync()).reduce((sum, u) => sum + Math.exp(-u), 0) / rows.length;
      t.true(Math.abs(Math.log(total) - logPartition) < 5e-4, `by quadrature ${Math.log(total)}`);
      const lowest = tf.min(energies).dataSync()[0];
      t.true(lowest > (-8 / 9) * strength - 1e-5 && lowest < -0.85 * strength, `${lowest}`);
      const radial = tf.sum(tf.mul(rotor.force(tf.slice(q, 0, 50)), tf.slice(q, 0, 50)), 1);
      assertClose(t, radial, Array<number>(50).fill(0), 1e-5, 'forces across');
    }
  });
  t.throws(() => new OctupoleRotor({ strength: 0 }), {
    instanceOf: FlowConfigError,
    message: /OctupoleRotor\.strength/,
  });
});

test('options that make no energy are refused', (t) => {
  const refuse = (make: () => unknown, message: RegExp) => t.throws(make, { instanceOf: FlowConfigError, message });
  refuse(() => new DoubleWell({ c: 0 }), /DoubleWell.c: expected a finite number, positive, got 0/);
  refuse(() => new DoubleWell({ dims: 0 }), /DoubleWell.dims/);
  refuse(() => new DoubleWell({ a: NaN }), /DoubleWell.a: expected a finite number, got NaN/);
  refuse(() => new ManyWell({ wells: 1.5 }), /ManyWell.wells/);
  refuse(() => new MuellerBrown({ dims: 1 }), /MuellerBrown.dims/);
  refuse(() => new MuellerBrown({ scale: -1 }), /MuellerBrown.scale/);
  refuse(() => new ModifiedWolfeQuapp({ harmonic: 0 }), /ModifiedWolfeQuapp.harmonic/);
  refuse(() => new MultiDoubleWell({ particles: 1 }), /MultiDoubleWell.particles/);
  refuse(() => new LennardJones({ confinement: -1 }), /LennardJones.confinement/);
  refuse(() => new DimerInBath({ solvent: 0 }), /DimerInBath.solvent/);
  refuse(() => new DimerInBath({ dimer: [0, Infinity, 1] }), /DimerInBath.dimer.1/);
  refuse(() => new GaussianMixture({ means: [] }), /GaussianMixture.means/);
  refuse(() => new GaussianMixture({ means: [[0, 1], [2]] }), /GaussianMixture.means/);
  refuse(() => new GaussianMixture({ means: [[0]], weights: [0] }), /GaussianMixture.weights/);
  refuse(() => new ScalarFieldLattice({ shape: [] }), /ScalarFieldLattice.shape/);
  refuse(() => new ScalarFieldLattice({ lambda: 0 }), /ScalarFieldLattice.lambda/);
  refuse(() => new U1Lattice({ shape: [4, 1] }), /U1Lattice.shape\[1\]/);
  refuse(() => new U1Lattice({ beta: 0 }), /U1Lattice.beta/);
  refuse(() => u1Exact(-1, 4), /u1Exact.beta/);
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

async function readAll(tensor: tf.Tensor): Promise<number[]> {
  const values = Array.from(await tensor.data());
  tensor.dispose();
  return values;
}

/** The modified Bessel function of a whole order, by its power series. */
function besselI(order: number, x: number): number {
  let term = (x / 2) ** order;
  for (let k = 1; k <= order; k++) term /= k;
  let sum = 0;
  for (let k = 0; k < 60; k++) {
    sum += term;
    term *= (x / 2) ** 2 / ((k + 1) * (k + 1 + order));
  }
  return sum;
}
