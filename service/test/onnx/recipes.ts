import * as flows from 'tfjs-flows';
import type { Flow } from 'tfjs-flows';

const image = { eventShape: [8, 8, 1], preset: 'small', seed: 1 } as const;
const plain = { dims: 3, layers: 2, hidden: [8], seed: 1 } as const;

/** A small flow of each recipe that can be written down, and of what. */
export const RECIPES: Readonly<Record<string, () => Flow>> = {
  realNvp: () => flows.realNvp(plain),
  nice: () => flows.nice(plain),
  splineCouplingFlow: () => flows.splineCouplingFlow(plain),
  splineAutoregressiveFlow: () => flows.splineAutoregressiveFlow(plain),
  robustSplineFlow: () => flows.robustSplineFlow(plain),
  maf: () => flows.maf(plain),
  iaf: () => flows.iaf(plain),
  naf: () => flows.naf(plain),
  blockNaf: () => flows.blockNaf({ dims: 3, layers: 2, seed: 1 }),
  sosFlow: () => flows.sosFlow(plain),
  bernsteinFlow: () => flows.bernsteinFlow(plain),
  umnn: () => flows.umnn(plain),
  logisticMixtureFlow: () => flows.logisticMixtureFlow(plain),
  gaussianizationFlow: () => flows.gaussianizationFlow({ dims: 3, layers: 2, seed: 1 }),
  ferumalFlow: () => flows.ferumalFlow({ dims: 3, layers: 2, seed: 1 }),
  ferumalGlow: () => flows.ferumalGlow({ dims: 3, layers: 2, seed: 1 }),
  residualFlow: () => flows.residualFlow(plain),
  ffjord: () => flows.ffjord({ dims: 3, hidden: [8], seed: 1 }),
  otFlow: () => flows.otFlow({ dims: 3, seed: 1 }),
  planarFlow: () => flows.planarFlow({ dims: 3, layers: 2, seed: 1 }),
  radialFlow: () => flows.radialFlow({ dims: 3, layers: 2, seed: 1 }),
  sylvesterFlow: () => flows.sylvesterFlow({ dims: 3, layers: 2, seed: 1 }),
  circularSplineFlow: () => flows.circularSplineFlow(plain),
  moebiusFlow: () => flows.moebiusFlow(plain),
  smoothFlow: () => flows.smoothFlow({ dims: 3, layers: 2, seed: 1 }),
  rotationFlow: () => flows.rotationFlow({ transform: 'spline', layers: 2, bins: 4, seed: 1 }),
  rigidBodyFlow: () => flows.rigidBodyFlow({ bodies: 2, box: [3, 3, 3], preset: 'small', width: 8, heads: 2, seed: 1 }),
  moleculeFlow,
  scalarFieldFlow: () => flows.scalarFieldFlow({ shape: [4, 4], layers: 2, hidden: [4], seed: 1 }),
  gaugeFieldFlow: () => flows.gaugeFieldFlow({ shape: [4, 4], layers: 8, hidden: [4], seed: 1 }),
  glow: () => flows.glow(image),
  rqGlow: () => flows.rqGlow(image),
  cincFlow: () => flows.cincFlow(image),
  fincFlow: () => flows.fincFlow(image),
  jet: () => flows.jet(image),
  tarFlow: () => flows.tarFlow(image),
  imageResidualFlow: () => flows.imageResidualFlow({ ...image, eventShape: [4, 4, 1], levels: 1, steps: 1, hidden: 4 }),
  ferumalImageGlow: () => flows.ferumalImageGlow(image),
};

function moleculeFlow(): Flow {
  using molecule = new flows.AlanineDipeptide();
  const { zMatrix } = flows.AlanineDipeptide;
  return flows.moleculeFlow({ zMatrix, reference: molecule.reference!, layers: 1, hidden: [8], bins: 4, seed: 1 });
}
