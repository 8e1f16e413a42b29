import * as tf from '@tensorflow/tfjs-core';
import {
  Hmc,
  integratedAutocorrelationTime,
  IndependenceMetropolis,
  RandomStream,
  sampleChains,
  summarizeChains,
  type Flow,
  type U1Lattice,
} from 'tfjs-flows';

/** How chains go through the sectors of topological charge. */
export interface Topology {
  readonly acceptance: number;
  /** Transitions in which the charge changes, as a share. */
  readonly tunnelling: number;
  /** Integrated autocorrelation time of the charge, in transitions; ½ where they are independent. */
  readonly autocorrelationTime: number;
  readonly chargeSquared: number;
  readonly chargeSquaredError: number;
  readonly plaquette: number;
  readonly plaquetteError: number;
  readonly secondsPerTransition: number;
  /** Charges of the first chain, one after the other. */
  readonly history: readonly number[];
}

/** How chains move: in links, in the coordinates of a flow, or by its draws. */
export type Kind = 'links' | 'flow' | 'proposals';

const CHAINS = 32;
const LEAPFROG_STEPS = 8;

/**
 * Runs chains of a lattice gauge theory: by Hamiltonian Monte Carlo on link angles, by the same through a flow (field transformation), or by
 * Metropolis' algorithm with its draws.
 */
export async function runTopology(energy: U1Lattice, flow: Flow, kind: Kind, draws: number): Promise<Topology> {
  const stream = new RandomStream('topology');
  // In its coordinates the flow's own draws are near the target; links start anywhere.
  const start = kind === 'links' ? stream.uniformTensor([CHAINS, ...energy.eventShape], -3, 3) : flow.sample(CHAINS, { seed: 1 }); // prettier-ignore
  const began = performance.now();
  const warmup = kind === 'proposals' ? 20 : 150;
  const run = await sampleChains(energy, {
    sampler: kind === 'proposals' ? new IndependenceMetropolis({ proposal: flow }) : new Hmc({ leapfrogSteps: LEAPFROG_STEPS, adaptScale: false, targetAcceptance: 0.8 }),
    start,
    draws,
    warmup,
    periods: 2 * Math.PI,
    seed: kind,
    ...(kind === 'flow' && { through: flow.bijector }),
  }); // prettier-ignore
  const seconds = (performance.now() - began) / 1000;
  const found = tf.tidy(() => {
    const charge = energy.charge(run.samples);
    return tf.stack([tf.square(charge), energy.meanPlaquette(run.samples), charge], 2);
  });
  const values = (await found.data()) as Float32Array;
  const charges = Array.from({ length: CHAINS }, (_, chain) => Float64Array.from({ length: draws }, (__, i) => values[3 * (i * CHAINS + chain) + 2])); // prettier-ignore
  const { mean, standardError } = summarizeChains(tf.tidy(() => tf.slice(found, [0, 0, 0], [-1, -1, 2])));
  tf.dispose([start, run.samples, found]);
  const changes = charges.reduce((sum, chain) => sum + chain.filter((q, i) => i > 0 && q !== chain[i - 1]).length, 0);
  return {
    acceptance: run.acceptance.reduce((sum, value) => sum + value, 0) / run.acceptance.length,
    tunnelling: changes / (CHAINS * (draws - 1)),
    autocorrelationTime: integratedAutocorrelationTime(charges),
    chargeSquared: mean[0],
    chargeSquaredError: standardError[0],
    plaquette: mean[1],
    plaquetteError: standardError[1],
    secondsPerTransition: seconds / (draws + warmup) / CHAINS,
    history: [...charges[0]],
  };
}
