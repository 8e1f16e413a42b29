import * as tf from '@tensorflow/tfjs-core';
import test from 'ava';
import { DoubleWell, Normal, Flow, Affine, U1Lattice, gaugeFieldFlow, ready } from 'tfjs-flows';
import { ramachandranChart } from '../../../demos/boltzmann/alanine/ramachandran.js';
import { compare, histogramDistance } from '../../../demos/boltzmann/comparison.js';
import { figuresOf, linesOf } from '../../../demos/boltzmann/figures.js';
import { runTopology } from '../../../demos/boltzmann/lattices/topology.js';
import { aboutField, alongCorner, fieldInBody, fieldLongitude } from '../../../demos/boltzmann/orientations.js';
import type { BoltzmannTarget } from '../../../demos/boltzmann/target.js';
import { weigh } from '../../../demos/boltzmann/weigh.js';

test.before(() => ready({ backend: 'wasm' }).then(() => undefined));

const OBSERVABLE = { title: 'x₁', range: [-3, 3], of: ([x]: Float32Array) => [x] } as const;

/** The density of a flow as a target of its own, shifted by a constant. */
function ownTarget(flow: Flow, shift: number): BoltzmannTarget {
  const energy = new DoubleWell();
  Object.defineProperty(energy, 'energy', { value: (x: tf.Tensor) => tf.sub(shift, flow.logProb(x)) });
  return {
    name: 'own',
    title: 'none',
    energy,
    build: () => flow,
    stages: () => [],
    exact: (n) => flow.sample(n, { seed: 'exact' }),
    logPartition: -shift,
    observables: [OBSERVABLE],
  };
}

test('a flow that is its target: every draw counts, and the free energy is exact', async (t) => {
  using flow = new Flow({ base: Normal.standard([2]), bijector: new Affine({ shift: [0.5, -1], scale: [2, 0.5] }) });
  const target = ownTarget(flow, 3);
  const draws = weigh(flow, target.energy, 4000);
  const other = await compare(target, flow, 4000, true);
  const figures = figuresOf(target, draws, other);
  t.true(Math.abs(figures.effective_sample_size - 1) < 1e-4);
  t.true(Math.abs(figures.forward_effective_sample_size! - 1) < 1e-4);
  t.true(Math.abs(figures.free_energy - 3) < 1e-4 && Math.abs(figures.free_energy_error!) < 1e-4);
  t.true(figures.histogram_distances['x₁'] < 0.06, `${figures.histogram_distances['x₁']}`);
  const lines = linesOf(target, figures, other);
  t.is(lines['effective sample size'], '100.0 % of 4000 draws');
  t.regex(lines['histogram of x₁'], /apart from exact draws/);
});

test('histograms without overlap are all apart', (t) => {
  const rows = (value: number) => new Float32Array(20).fill(value);
  const draws = { positions: rows(-1), energies: new Float32Array(20), logWeights: new Float64Array(20) };
  const other = { title: 'others', count: 20, positions: rows(1), energies: new Float32Array(20), logWeights: null };
  t.true(Math.abs(histogramDistance(OBSERVABLE, draws, other) - 1) < 1e-9);
  t.true(histogramDistance(OBSERVABLE, draws, { ...other, positions: rows(-1) }) < 1e-9);
});

test('orientations are read off quaternions', (t) => {
  const still = Float32Array.from([1, 0, 0, 0]);
  t.deepEqual(fieldInBody(still), [0, 0, 1]);
  t.true(Math.abs(alongCorner(still) - 1 / Math.sqrt(3)) < 1e-6);
  // A quarter of a turn about x, and then any about the field.
  const turned = Float32Array.from([Math.SQRT1_2, Math.SQRT1_2, 0, 0]);
  t.true(Math.abs(fieldLongitude(turned) - 90) < 1e-4);
  const angle = 0.7;
  const about = Float32Array.from([Math.cos(angle / 2), 0, 0, Math.sin(angle / 2)]);
  const [w, x, y, z] = [about[0] * turned[0], about[0] * turned[1], about[3] * turned[1], about[3] * turned[0]];
  const both = Float32Array.from([w, x, y, z]);
  fieldInBody(both).forEach((value, i) => t.true(Math.abs(value - fieldInBody(turned)[i]) < 1e-6));
  t.true(Math.abs(aboutField(both) - aboutField(turned) - (180 / Math.PI) * angle) < 1e-3);
});

test('a Ramachandran plot has its lowest point where most molecules are', (t) => {
  const angles = Float64Array.from([1, 1, 1, -2]);
  const chart = ramachandranChart('plot', angles, angles, [0.25, 0.25, 0.25, 0.25]);
  const { z, x } = chart.traces[0] as { z: (number | null)[][]; x: number[] };
  const at = (radians: number) => x.findIndex((middle) => Math.abs(middle - (180 / Math.PI) * radians) <= 3);
  t.is(z[at(1)][at(1)], 0);
  t.true(Math.abs(z[at(-2)][at(-2)]! - Math.log(3)) < 1e-9);
  t.is(z[at(1)][at(-2)], null);
});

test('chains of a lattice gauge theory through a flow that does nothing are those on links', async (t) => {
  const energy = new U1Lattice({ shape: [4, 4], beta: 1 });
  using flow = gaugeFieldFlow({ shape: [4, 4], layers: 1, hidden: [2], bins: 3, seed: 1 });
  for (const kind of ['links', 'flow'] as const) {
    const run = await runTopology(energy, flow, kind, 60);
    t.true(Math.abs(run.plaquette - 0.44639) < 5 * run.plaquetteError, `${kind} ${run.plaquette}`);
    t.true(run.tunnelling > 0.05 && run.acceptance > 0.5, kind);
    t.is(run.history.length, 60);
  }
  // Uniform links are seldom accepted, and chains of them have far to go.
  const run = await runTopology(energy, flow, 'proposals', 60);
  t.true(run.acceptance > 0.001 && run.acceptance < 0.5 && run.plaquette > 0.1, `${run.acceptance} ${run.plaquette}`);
});
