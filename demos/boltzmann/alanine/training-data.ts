import * as tf from '@tensorflow/tfjs-core';
import { existsSync } from 'node:fs';
import { AlanineDipeptide, Hmc, sampleChains } from 'tfjs-flows';
import { readChains, sampleReference } from './run.js';
import { backboneTorsions } from './torsions.js';

const SIZE = 66;
/** Part of the rows that positive phi are to be, one molecule in a hundred as they come: a mode that is seldom shown is lost. */
const SHOWN = 0.2;
/** Chains that go on from molecules of positive phi, at 300 K, where they stay there. */
const CHAINS = 48;

/**
 * Molecules to train on, `[rows, 22, 3]` in nm, the first atom of each at the origin: those of a run of parallel tempering, kept in a folder, and more of
 * the seldom basin.
 */
export async function trainingData(folder: string, minutes: number): Promise<tf.Tensor> {
  if (!existsSync(folder)) await sampleReference(folder, minutes, (line) => console.log(line), 'to train on');
  const drawn = Float32Array.from(readChains(folder).flatMap((chain) => [...chain]));
  const rows = Float32Array.from([...drawn, ...(await moreOf(positive(drawn), drawn.length / SIZE))]);
  return tf.tidy(() => {
    const all = tf.tensor(rows, [rows.length / SIZE, SIZE / 3, 3]);
    return tf.sub(all, tf.slice(all, [0, 0, 0], [-1, 1, -1]));
  });
}

/** Molecules of positive phi by chains that start from those there are, so many that they make up their part of the rows. */
async function moreOf(seldom: Float32Array, rows: number): Promise<Float32Array> {
  const count = seldom.length / SIZE;
  if (count === 0) return seldom;
  using energy = new AlanineDipeptide();
  const starts = Array.from({ length: CHAINS }, (_, chain) => Math.floor((chain * count) / CHAINS));
  const start = tf.tensor(starts.flatMap((row) => [...seldom.subarray(SIZE * row, SIZE * (row + 1))]), [CHAINS, SIZE / 3, 3]); // prettier-ignore
  const run = await sampleChains(energy, {
    sampler: new Hmc({ leapfrogSteps: 30, stepSize: 4e-4, targetAcceptance: 0.75, adaptScale: false }),
    start,
    draws: Math.ceil((SHOWN * rows) / CHAINS),
    warmup: 100,
    seed: 'positive phi',
  });
  const values = run.samples.dataSync<'float32'>();
  tf.dispose([start, run.samples]);
  return positive(values);
}

/** Those of the molecules that have positive phi. */
function positive(molecules: Float32Array): Float32Array {
  const { phi } = backboneTorsions(molecules);
  const found = Array.from(phi.keys()).filter((row) => phi[row] > 0 && phi[row] < (126 * Math.PI) / 180);
  return Float32Array.from(found.flatMap((row) => [...molecules.subarray(SIZE * row, SIZE * (row + 1))]));
}
