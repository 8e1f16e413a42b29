import {
  bernsteinFlow,
  blockNaf,
  ferumalFlow,
  ferumalGlow,
  ffjord,
  gaussianizationFlow,
  iaf,
  logisticMixtureFlow,
  maf,
  naf,
  nice,
  otFlow,
  planarFlow,
  radialFlow,
  realNvp,
  residualFlow,
  robustSplineFlow,
  smoothFlow,
  sosFlow,
  splineAutoregressiveFlow,
  splineCouplingFlow,
  sylvesterFlow,
  umnn,
  type Flow,
} from 'tfjs-flows';
import type { CatalogueProblem } from './catalogue-problems.js';

/** A recipe with the sizes that it has by itself. */
export interface CatalogueEntry {
  readonly name: string;
  readonly learningRate: number;
  /** How a sample is found where it is not one pass of closed formulas. */
  readonly sample?: 'a pass a coordinate' | 'numeric' | 'ODE';
  /** Null where the domain of the problem is not that of the flow. */
  readonly build: (problem: CatalogueProblem) => Flow | null;
}

/** The recipes of flows of plain vectors. */
export const CATALOGUE: readonly CatalogueEntry[] = [
  { name: 'realNvp', learningRate: 1e-3, build: ({ dims }) => realNvp({ dims }) },
  { name: 'nice', learningRate: 1e-3, build: ({ dims }) => nice({ dims }) },
  { name: 'splineCouplingFlow', learningRate: 1e-3, build: ({ dims }) => splineCouplingFlow({ dims }) },
  { name: 'robustSplineFlow', learningRate: 1e-3, build: ({ dims }) => robustSplineFlow({ dims }) },
  { name: 'logisticMixtureFlow', learningRate: 1e-3, sample: 'numeric', build: ({ dims }) => logisticMixtureFlow({ dims }) }, // prettier-ignore
  { name: 'maf', learningRate: 1e-3, sample: 'a pass a coordinate', build: ({ dims }) => maf({ dims }) },
  { name: 'iaf', learningRate: 1e-3, build: ({ dims }) => iaf({ dims }) },
  { name: 'splineAutoregressiveFlow', learningRate: 1e-3, sample: 'a pass a coordinate', build: ({ dims }) => splineAutoregressiveFlow({ dims }) }, // prettier-ignore
  { name: 'naf', learningRate: 1e-3, sample: 'numeric', build: ({ dims }) => naf({ dims }) },
  { name: 'blockNaf', learningRate: 5e-3, sample: 'numeric', build: ({ dims }) => blockNaf({ dims }) },
  { name: 'umnn', learningRate: 1e-3, sample: 'numeric', build: ({ dims }) => umnn({ dims }) },
  { name: 'sosFlow', learningRate: 1e-3, sample: 'numeric', build: ({ dims }) => sosFlow({ dims }) },
  { name: 'bernsteinFlow', learningRate: 1e-3, sample: 'numeric', build: ({ dims }) => bernsteinFlow({ dims }) },
  { name: 'gaussianizationFlow', learningRate: 5e-3, sample: 'numeric', build: ({ dims }) => gaussianizationFlow({ dims }) }, // prettier-ignore
  { name: 'residualFlow', learningRate: 5e-3, sample: 'numeric', build: ({ dims }) => residualFlow({ dims }) },
  { name: 'planarFlow', learningRate: 1e-2, sample: 'numeric', build: ({ dims }) => planarFlow({ dims }) },
  { name: 'radialFlow', learningRate: 1e-2, build: ({ dims }) => radialFlow({ dims }) },
  { name: 'sylvesterFlow', learningRate: 1e-2, sample: 'numeric', build: ({ dims }) => sylvesterFlow({ dims }) },
  { name: 'ferumalFlow', learningRate: 5e-3, build: ({ dims }) => ferumalFlow({ dims }) },
  { name: 'ferumalGlow', learningRate: 5e-3, build: ({ dims }) => ferumalGlow({ dims }) },
  { name: 'ffjord', learningRate: 2e-3, sample: 'ODE', build: ({ dims }) => ffjord({ dims }) },
  { name: 'otFlow', learningRate: 1e-2, sample: 'ODE', build: ({ dims }) => otFlow({ dims }) },
  { name: 'smoothFlow', learningRate: 1e-3, sample: 'numeric', build: ({ dims, box }) => box && smoothFlow({ dims, domain: box, preset: 'small' }) }, // prettier-ignore
];
