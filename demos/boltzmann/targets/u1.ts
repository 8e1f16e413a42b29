import { cosine, gaugeFieldFlow, reverseKl, U1Lattice, u1Exact } from 'tfjs-flows';
import { runTopology, type Kind, type Topology } from '../lattices/topology.js';
import { COLOURS, type Chart } from '../page.js';
import type { BoltzmannTarget, Study, Trained } from '../target.js';

const SHAPE = [8, 8] as const;
const SITES = SHAPE[0] * SHAPE[1];
const BETA = 6;
/** Strong couplings are come to by weak ones. */
const RAMP = [2, 3, 4, 5, BETA];

const energy = new U1Lattice({ shape: SHAPE, beta: BETA });
const exact = u1Exact(BETA, SITES);

const KINDS: Readonly<Record<Kind, string>> = {
  links: 'HMC on links',
  flow: 'HMC through the flow',
  proposals: 'proposals of the flow',
};

/** How fast the topological charge changes, with the flow and without. */
async function study({ flow, quick }: Trained): Promise<Study> {
  const runs: [Kind, Topology][] = [];
  for (const kind of Object.keys(KINDS) as Kind[]) {
    runs.push([kind, await runTopology(energy, flow, kind, quick ? 60 : 600)]);
  }
  const { chargeSquared, plaquette } = exact;
  return {
    figures: { exact: { chargeSquared, plaquette }, topology: Object.fromEntries(runs.map(([kind, run]) => [kind, { ...run, history: undefined }])) }, // prettier-ignore
    shown: {
      'exactly ⟨Q²⟩, ⟨cos P⟩': `${chargeSquared.toFixed(4)}, ${plaquette.toFixed(5)}`,
      ...Object.fromEntries(runs.map(([kind, run]) => [KINDS[kind], describe(run)])),
    },
    charts: [historyChart(runs)],
  };
}

function describe(run: Topology): string {
  return (
    `Q changes in ${(100 * run.tunnelling).toFixed(1)} % of transitions, τ(Q) ${run.autocorrelationTime.toFixed(1)}, ` +
    `${(100 * run.acceptance).toFixed(0)} % accepted; ⟨Q²⟩ ${run.chargeSquared.toFixed(3)} ± ${run.chargeSquaredError.toFixed(3)}, ` +
    `⟨cos P⟩ ${run.plaquette.toFixed(5)} ± ${run.plaquetteError.toFixed(5)}; ${(1000 * run.secondsPerTransition).toFixed(2)} ms`
  );
}

function historyChart(runs: readonly [Kind, Topology][]): Chart {
  const colours = [COLOURS.reference, COLOURS.weighted, COLOURS.flow];
  return {
    title: 'Topological charge of one chain',
    traces: runs.map(([kind, { history }], i) => ({
      name: KINDS[kind],
      x: history.map((_, step) => step),
      y: history.map((charge) => charge + 6 * (runs.length - 1 - i)),
      mode: 'lines',
      line: { color: colours[i], shape: 'hv', width: 1.2 },
    })),
    layout: {
      xaxis: { title: { text: 'transition' } },
      yaxis: { title: { text: 'Q, one above the other' }, dtick: 6 },
    },
  };
}

/** Two-dimensional U(1) gauge theory on an 8 x 8 lattice at a coupling where the topological charge freezes. */
export const u1: BoltzmannTarget = {
  name: 'U(1)',
  title: 'path gradients',
  energy,
  build: () => gaugeFieldFlow({ shape: SHAPE, layers: 24, hidden: [12, 12], bins: 6, seed: 'u1' }),
  stages: (quick) =>
    RAMP.map((beta) => ({
      name: `β = ${beta}`,
      options: {
        objective: reverseKl(new U1Lattice({ shape: SHAPE, beta })),
        steps: quick ? 24 : 800,
        batchSize: 64,
        learningRate: 2e-3,
        schedule: cosine(),
        clipNorm: 100,
      },
    })),
  logPartition: exact.logPartition + 2 * SITES * Math.log(2 * Math.PI),
  observables: [{ title: 'cosine of plaquettes', range: [0.4, 1], of: plaquettesOf }],
  study,
};

function plaquettesOf(links: Float32Array): number[] {
  const [rows, columns] = SHAPE;
  const at = (mu: number, i: number, j: number) => links[(mu * rows + (i % rows)) * columns + (j % columns)];
  return Array.from({ length: columns }, (_, j) => Math.cos(at(0, 0, j) + at(1, 1, j) - at(0, 0, j + 1) - at(1, 0, j)));
}
