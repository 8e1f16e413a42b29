import { freeEnergyPerturbation, ready, effectiveSampleSize, type Flow } from 'tfjs-flows';
import type { BoltzmannTarget } from '../demos/boltzmann/target.js';
import { train } from '../demos/boltzmann/train.js';
import type { BenchResult } from './main.js';
import { formatTable } from './table.js';

const DRAWS = 10_000;

/** Published: of one flow, on 10,000 draws. */
const PUBLISHED = { free_energy: -669.711, per_molecule: -41.8647, ess: 0.2375, loss: -669.2 };

/** A flow from ice at 250 K to ice at 100 K, trained by energy alone on draws of the first. */
export async function benchIceFlow(quick: boolean): Promise<BenchResult> {
  await ready();
  const { iceXi } = await import('../demos/boltzmann/targets/ice-xi.js');
  using flow = iceXi.build(quick);
  const judge = async () => judgementOf((await iceXi.weigh!(flow, DRAWS, quick)).logWeights);
  const before = await judge();
  const seconds = await timeOfTraining(flow, iceXi, quick);
  const after = await judge();
  return {
    json: { lib: 'tfjs-flows', bench: 'ice-flow', parameters: flow.parameterCount, before, after, published: PUBLISHED, seconds, quick },
    table: `Ice XI, 16 molecules, 250 K to 100 K; ${flow.parameterCount} parameters, ${seconds.toFixed(0)} s of drawing and training\n${formatTable(
      [
        ['', 'loss', 'free energy', 'a molecule', 'ESS'],
        ...Object.entries({ before, after }).map(([name, { loss, free_energy, standard_error, ess }]) => [
          name,
          loss.toFixed(2),
          `${free_energy.toFixed(3)} ± ${standard_error.toFixed(3)}`,
          (free_energy / 16).toFixed(4),
          `${(100 * ess).toFixed(2)} %`,
        ]),
        ['published', PUBLISHED.loss.toFixed(2), PUBLISHED.free_energy.toFixed(3), PUBLISHED.per_molecule.toFixed(4), `${100 * PUBLISHED.ess} %`],
      ],
    )}`,
  }; // prettier-ignore
}

interface Judgement {
  /** Mean of `u₁(g(z)) - u₀(z) - log |det ∂g/∂z|`, above the free energy by a divergence, kT. */
  readonly loss: number;
  readonly free_energy: number;
  readonly standard_error: number;
  /** Kish, as a share of the draws. */
  readonly ess: number;
}

function judgementOf(logWeights: Float64Array): Judgement {
  const { value, standardError } = freeEnergyPerturbation(logWeights);
  return {
    loss: -logWeights.reduce((sum, weight) => sum + weight, 0) / logWeights.length,
    free_energy: value,
    standard_error: standardError,
    ess: effectiveSampleSize(logWeights) / logWeights.length,
  };
}

async function timeOfTraining(flow: Flow, target: BoltzmannTarget, quick: boolean): Promise<number> {
  const began = performance.now();
  await train(flow, target, {
    quick,
    onEpoch: (_, { steps, train: loss }) => console.error(JSON.stringify({ steps, loss })),
  });
  return (performance.now() - began) / 1000;
}
