import * as tf from '@tensorflow/tfjs-core';
import {
  Autoregressive,
  Chain,
  Coupling,
  ElementwiseAffine,
  Flow,
  iaf,
  maf,
  MaskedMLP,
  MLP,
  Normal,
  Permute,
  RandomStream,
  realNvp,
  SoftclippedSpline,
  splineAutoregressiveFlow,
  splineCouplingFlow,
  type PeerName,
} from '../../../src/index.js';

/** Flows of this library that another one has, too. */
export interface BornHere {
  readonly library: PeerName;
  readonly build: () => Flow;
}

const residual = { width: 9, blocks: 1 };

export const BORN_HERE: Readonly<Record<string, BornHere>> = {
  'nflows-real-nvp': {
    library: 'nflows',
    build: () => realNvp({ dims: 3, layers: 2, residual, scale: 'inverseSigmoid', mixing: 'lu', contextShape: [2] }),
  },
  'nflows-spline-coupling': {
    library: 'nflows',
    build: () => splineCouplingFlow({ dims: 5, layers: 2, bins: 3, residual, unconditionalSplines: true }),
  },
  'nflows-maf': {
    library: 'nflows',
    build: () => maf({ dims: 4, layers: 2, hidden: [7, 7], scale: 'inverseSoftplus', base: new Normal({ loc: [1, 0, 2, 3], scale: 2 }) }), // prettier-ignore
  },
  'nflows-spline-autoregressive': {
    library: 'nflows',
    build: () => splineAutoregressiveFlow({ dims: 3, layers: 2, bins: 3, residual, activation: 'silu' }),
  },
  'zuko-real-nvp': {
    library: 'zuko',
    build: () => realNvp({ dims: 4, layers: 2, hidden: [6, 5], scale: 'inverseExp', mixing: 'permutation', contextShape: [2] }), // prettier-ignore
  },
  'zuko-maf': {
    library: 'zuko',
    build: () => maf({ dims: 4, layers: 2, hidden: [7, 5], scale: 'inverseExp', activation: 'elu', contextShape: [2] }),
  },
  'zuko-spline': { library: 'zuko', build: softclippedFlow },
  'normflows-real-nvp': { library: 'normflows', build: halvesFlow },
  'normflows-spline-coupling': {
    library: 'normflows',
    build: () => splineCouplingFlow({ dims: 3, layers: 2, bins: 3, residual, contextShape: [2], mixing: 'lu' }),
  },
  'normflows-spline-autoregressive': {
    library: 'normflows',
    build: () => splineAutoregressiveFlow({ dims: 4, layers: 2, bins: 3, residual, mixing: 'permutation' }),
  },
  'normflows-iaf': {
    library: 'normflows',
    build: () => iaf({ dims: 3, layers: 2, residual, scale: 'inverseSigmoid', base: new Normal({ eventShape: [3], learnable: true }) }), // prettier-ignore
  },
};

/** Such a flow, away from where training starts, with means and deviations taken from data. */
export function bornHere(name: string): Flow {
  const flow = BORN_HERE[name].build();
  const [dims] = flow.eventShape;
  tf.tidy(() => {
    const data = RandomStream.from('data').normalTensor([50, dims]);
    const context = flow.contextShape && RandomStream.from('context').normalTensor([50, ...flow.contextShape]);
    flow.initialize(tf.add(tf.mul(data, tf.linspace(0.5, 2, dims)), tf.linspace(-1, 1, dims)), { context });
    flow.trainableVariables.forEach((variable, i) => {
      const noise = RandomStream.from(`parameter ${i}`).normalTensor(variable.shape);
      variable.assign(tf.add(variable, tf.mul(noise, 0.25)));
    });
  });
  return flow;
}

/** Splines of a coupling and of an autoregressive layer, which no recipe makes with soft clips. */
function softclippedFlow(): Flow {
  const transform = new SoftclippedSpline({ bins: 3, tailBound: 3 });
  const bijectors = [
    new Coupling({
      mask: [true, false, true],
      transform,
      conditioner: (request) => new MLP({ ...request, hidden: [6], activation: 'tanh' }),
    }),
    new Permute({ permutation: [1, 2, 0] }),
    new Autoregressive({
      dims: 3,
      transform,
      conditioner: (request) => new MaskedMLP({ ...request, hidden: [8], order: [2, 0, 1] }),
    }),
  ];
  const base = new Normal({ loc: [0, 1, 0], scale: [1, 2, 0.5] });
  return new Flow({ base, bijector: new Chain({ bijectors }) });
}

/** Halves, as they are split over there: the first is the longer one. */
function halvesFlow(): Flow {
  const halves = [false, false, false, true, true];
  const bijectors = [halves, halves.map((moved) => !moved)].map(
    (mask) =>
      new Coupling({
        mask,
        transform: new ElementwiseAffine({ bound: null }),
        conditioner: (request) => new MLP({ ...request, hidden: [6, 6], activation: 'leakyRelu' }),
      }),
  );
  return new Flow({ base: Normal.standard([5]), bijector: new Chain({ bijectors }) });
}
