import * as tf from '@tensorflow/tfjs-core';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  AlanineDipeptide,
  Hmc,
  loadSamplerState,
  ParallelTempering,
  sampleChains,
  saveSamplerState,
  type ChainRun,
} from 'tfjs-flows';

const CHAINS = 24;
const DRAWS = 100;
const WARMUP = 300;
/** From 300 K to 1000 K; neighbours change places in a third of the attempts. */
const TEMPERATURES = [1, 1.27, 1.62, 2.06, 2.62, 10 / 3];

/**
 * Samples alanine dipeptide at 300 K for some minutes, by parallel tempering over Hamiltonian Monte Carlo, which is exact: no error
 * of a time step is in what it draws. A folder keeps all draws and the state of the chains; called again, it goes on.
 */
export async function sampleReference(
  folder: string,
  minutes: number,
  report: (line: string) => void,
  seed = 'alanine dipeptide',
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const end = Date.now() + 60_000 * minutes;
  const state = `file://${join(folder, 'state')}`;
  using energy = new AlanineDipeptide();
  const sampler = new ParallelTempering({
    sampler: new Hmc({ leapfrogSteps: 30, stepSize: 4e-4, targetAcceptance: 0.75, adaptScale: false }),
    temperatures: TEMPERATURES,
  });
  let blocks = blockFiles(folder).length;
  while (Date.now() < end) {
    const from = Date.now();
    const run = await sampleChains(energy, {
      sampler,
      draws: DRAWS,
      warmup: WARMUP,
      seed,
      ...(existsSync(join(folder, 'state'))
        ? { resume: await loadSamplerState(state) }
        : { start: tf.tile(tf.tensor(energy.reference!, [1, 22, 3]), [CHAINS, 1, 1]) }),
    });
    const values = run.samples.dataSync<'float32'>();
    writeFileSync(join(folder, `block-${String(blocks++).padStart(4, '0')}.f32`), values);
    await saveSamplerState(state, run.state);
    run.samples.dispose();
    report(`block ${blocks}, ${((Date.now() - from) / 1000).toFixed(0)} s: ${describe(run)}`);
  }
}

/** Positions that each chain of a run went through, molecule by molecule, in nm. */
export function readChains(folder: string): Float32Array[] {
  const blocks = blockFiles(folder).map((name) => {
    const bytes = readFileSync(join(folder, name));
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  });
  return Array.from({ length: CHAINS }, (_, chain) => {
    const rows = blocks.flatMap((block) =>
      Array.from({ length: block.length / 66 / CHAINS }, (__, draw) => {
        const from = 66 * (draw * CHAINS + chain);
        return block.subarray(from, from + 66);
      }),
    );
    const own = new Float32Array(66 * rows.length);
    rows.forEach((row, i) => own.set(row, 66 * i));
    return own;
  });
}

function blockFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /^block-\d+\.f32$/.test(name))
    .sort();
}

function describe({ acceptance, statistics, energies, stepSize }: ChainRun): string {
  const copies = (values: Float64Array) =>
    TEMPERATURES.map((_, copy) => mean(values.subarray(copy * CHAINS, (copy + 1) * CHAINS)).toFixed(2)).join(' ');
  const accepted = `accepted ${copies(acceptance)}, exchanged ${copies(statistics.exchange)}`;
  return `<u> = ${mean(energies).toFixed(2)} kT, step ${stepSize.toExponential(1)}, ${accepted}`;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
