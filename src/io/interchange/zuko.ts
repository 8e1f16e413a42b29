import { Autoregressive } from '../../bijectors/autoregressive.js';
import type { Bijector } from '../../bijectors/bijector.js';
import { Coupling } from '../../bijectors/coupling.js';
import { Permute } from '../../bijectors/permute.js';
import { MaskedMLP } from '../../conditioners/masked-mlp.js';
import { MLP } from '../../conditioners/mlp.js';
import { Normal } from '../../distributions/normal.js';
import { ElementwiseAffine } from '../../elementwise/elementwise-affine.js';
import type { ElementwiseTransform } from '../../elementwise/elementwise-transform.js';
import { SoftclippedSpline } from '../../elementwise/softclipped-spline.js';
import { AS_IT_IS, below, type Tensors } from './linears.js';
import { readMaskedPerceptron, writeMaskedPerceptron } from './masked-networks.js';
import { readPerceptron, writePerceptron } from './networks.js';
import type { FlowSizes, Peer, ReadPart, WrittenPart } from './peer.js';
import { describePermutation, readAffine, readPermutation } from './simple-layers.js';
import { inverseOrder, vector, type TensorShelf } from './tensor-shelf.js';
import type { Description } from './weight-map.js';

/**
 * zuko (Rozet et al., 2022), whose transforms run and are listed from data to base.
 *
 * | zuko | here |
 * | --- | --- |
 * | `MonotonicAffineTransform` | `ElementwiseAffine`, `inverseExp`, `bound` = -log slope |
 * | `MonotonicRQSTransform` | `SoftclippedSpline` |
 * | `MaskedAutoregressiveTransform` (`MAF`, `NSF`) with `MaskedMLP` | `Autoregressive` with `MaskedMLP`; with fewer `passes` weights are zero where it sees nothing |
 * | `GeneralCouplingTransform` (`NICE`, `RealNVP`) with `MLP` | `Coupling` with `MLP`; their mask has ones for what is kept |
 * | `AffineTransform`, `PermutationTransform` in an `UnconditionalTransform` | `Affine`, `Permute` |
 * | `DiagNormal` | `Normal` |
 *
 * Not mapped: residual or normalised networks, adjacency matrices, `NCSF` and the other univariate transforms.
 */
export const zuko: Peer = {
  name: 'zuko',
  listsFrom: 'data',

  readLayer(layer, from, sizes) {
    switch (layer.class) {
      case 'MaskedAutoregressiveTransform':
        return readAutoregressive(layer, from, sizes);
      case 'GeneralCouplingTransform':
        return readCoupling(layer, from, sizes);
      case 'PermutationTransform':
        return readPermutation(layer, sizes.features, 'towards the base');
      case 'AffineTransform':
        return readAffine(from.takeEach('scale', sizes.features), from.takeEach('loc', sizes.features));
      default:
        throw layer.unmapped(`"${layer.class}"`);
    }
  },

  writeLayer(bijector, from) {
    if (bijector instanceof Autoregressive) return writeAutoregressive(bijector, from);
    if (bijector instanceof Coupling) return writeCoupling(bijector, from);
    if (bijector instanceof Permute) return describePermutation(bijector, 'PermutationTransform', 'towards the base');
    return null;
  },

  readBase(base, from, { features }) {
    if (base.class !== 'DiagNormal') throw base.unmapped(`"${base.class}"`);
    const loc = from.takeEach('loc', features);
    const scale = from.takeEach('scale', features);
    if (scale.some((s) => !(s > 0))) throw base.unmapped('a scale that is not positive');
    return { part: new Normal({ eventShape: [features], loc, scale }), tensors: new Map() };
  },

  writeBase({ loc, logScale }) {
    const tensors: Tensors = new Map([
      ['loc', vector(loc)],
      ['scale', vector(logScale.map(Math.exp))],
    ]);
    return { layer: { class: 'DiagNormal' }, tensors };
  },

  writeAffine(scale, shift) {
    const tensors: Tensors = new Map([
      ['scale', vector(scale)],
      ['loc', vector(shift)],
    ]);
    return { layer: { class: 'AffineTransform' }, tensors };
  },
};

/** Scalar maps with a like in zuko, by what it calls them. */
function readUnivariate(layer: Description): ElementwiseTransform {
  const univariate = layer.part('univariate');
  const slope = univariate.number('slope');
  if (univariate.class === 'MonotonicAffineTransform') {
    return new ElementwiseAffine({ scale: 'inverseExp', bound: -Math.log(slope) });
  }
  if (univariate.class !== 'MonotonicRQSTransform') throw univariate.unmapped(`"${univariate.class}"`);
  const [bins, tailBound] = [univariate.count('bins'), univariate.number('bound')];
  return new SoftclippedSpline({ bins, tailBound, leastSlope: slope });
}

function describeUnivariate(transform: unknown): Record<string, unknown> | null {
  if (transform instanceof SoftclippedSpline) {
    const { bins, tailBound, leastSlope } = transform.getConfig();
    return { class: 'MonotonicRQSTransform', bins, bound: tailBound, slope: leastSlope };
  }
  if (!(transform instanceof ElementwiseAffine)) return null;
  const { scale, bound } = transform.getConfig() as { scale: string; bound: number | null };
  if (scale !== 'inverseExp' || bound === null) return null;
  return { class: 'MonotonicAffineTransform', slope: Math.exp(-bound) };
}

function readAutoregressive(
  layer: Description,
  from: TensorShelf,
  { features, context }: FlowSizes,
): ReadPart<Autoregressive> {
  const transform = readUnivariate(layer);
  // Their order is a rank a feature, shared by those that one pass finds together.
  const ranks = layer.counts('order', features);
  const order = ranks.map((_, i) => i).sort((a, b) => ranks[a] - ranks[b] || a - b);
  const shelf = from.under('hyper.');
  const names = shelf.places((n) => `${n}.weight`).map(String);
  const request = { features, context, order, parametersPerFeature: transform.parameterCount, rows: null };
  const { network, tensors } = readMaskedPerceptron(layer.part('net'), shelf, names, request);
  return {
    part: new Autoregressive({ dims: features, transform, conditioner: network }),
    tensors: below('conditioner', tensors),
  };
}

function writeAutoregressive(bijector: Autoregressive, from: TensorShelf): WrittenPart | null {
  const { transform, conditioner } = bijector.getConfig();
  const univariate = describeUnivariate(transform);
  if (!univariate || !(conditioner instanceof MaskedMLP) || conditioner.circular.length > 0) return null;
  const config = conditioner.getConfig();
  const names = [...(config.hidden as number[]), 0].map((_, i) => `hyper.${2 * i}`);
  const tensors: Tensors = new Map();
  const net = writeMaskedPerceptron(config, from.under('conditioner.'), tensors, names, AS_IT_IS);
  const order = inverseOrder(conditioner.order);
  return { layer: { class: 'MaskedAutoregressiveTransform', order, univariate, net }, tensors };
}

function readCoupling(layer: Description, from: TensorShelf, { features, context }: FlowSizes): ReadPart<Bijector> {
  const transform = readUnivariate(layer);
  const mask = layer.counts('mask', features).map((entry) => entry === 0);
  const moved = mask.filter(Boolean).length;
  const request = { inputs: features - moved, outputs: moved * transform.parameterCount, context, rows: null };
  const { network, tensors } = readPerceptron(layer.part('net'), from.under('hyper.'), request);
  return { part: new Coupling({ mask, transform, conditioner: network }), tensors: below('conditioner', tensors) };
}

function writeCoupling(coupling: Coupling, from: TensorShelf): WrittenPart | null {
  const { mask, transform, conditioner, unconditional } = coupling.getConfig();
  const univariate = describeUnivariate(transform);
  if (!univariate || unconditional || !(conditioner instanceof MLP) || conditioner.circular.length > 0) return null;
  const tensors: Tensors = new Map();
  const net = writePerceptron(conditioner.getConfig(), from.under('conditioner.'), tensors, 'hyper.', AS_IT_IS);
  const kept = (mask as boolean[]).map((moved) => (moved ? 0 : 1));
  return { layer: { class: 'GeneralCouplingTransform', mask: kept, univariate, net }, tensors };
}
