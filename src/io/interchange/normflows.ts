import { ActNorm } from '../../bijectors/act-norm.js';
import { Affine } from '../../bijectors/affine.js';
import { Autoregressive } from '../../bijectors/autoregressive.js';
import type { Bijector } from '../../bijectors/bijector.js';
import { Coupling } from '../../bijectors/coupling.js';
import { Invert } from '../../bijectors/invert.js';
import { LULinear } from '../../bijectors/linear/lu-linear.js';
import { Chain } from '../../bijectors/chain.js';
import { Permute } from '../../bijectors/permute.js';
import { MLP } from '../../conditioners/mlp.js';
import { Normal } from '../../distributions/normal.js';
import { ElementwiseAffine } from '../../elementwise/elementwise-affine.js';
import {
  readMaskedLayer,
  readResidualCoupling,
  writeMaskedLayer,
  writeResidualCoupling,
  type Likeness,
} from './durkan-layers.js';
import { AS_IT_IS, below, type Tensors } from './linears.js';
import { readLu, writeLu } from './lu.js';
import { readPerceptron, writePerceptron } from './networks.js';
import { scaleBeforeShift } from './parameter-orders.js';
import type { FlowSizes, Peer, ReadPart, WrittenPart } from './peer.js';
import { describePermutation, isAffine, readPermutation } from './simple-layers.js';
import { describeSpline, identitySplines, readSpline, type SplineDescription } from './splines.js';
import { vector, type TensorShelf } from './tensor-shelf.js';
import type { Description } from './weight-map.js';

const SPLINE_COUPLING = 'CoupledRationalQuadraticSpline';
const SPLINE_AUTOREGRESSIVE = 'AutoregressiveRationalQuadraticSpline';
const AFFINE_AUTOREGRESSIVE = 'MaskedAffineAutoregressive';

/** The least scale, bin and slope in the code of normflows. */
const LEAST = 1e-3;

/**
 * normflows (Stimper et al., 2023), whose flows run and are listed from base to data.
 *
 * | normflows | here |
 * | --- | --- |
 * | `AffineCouplingBlock`, `scale_map="exp"`, with `MLP` | `Coupling` of `ElementwiseAffine`, `bound: null`; the mask is that of the split |
 * | `CoupledRationalQuadraticSpline` | `Coupling` of `RationalQuadraticSpline`, `rawScale` 1 / √hidden, with `unconditional` splines |
 * | `AutoregressiveRationalQuadraticSpline` | `Autoregressive` of `RationalQuadraticSpline`, `rawScale` 1 |
 * | `MaskedAffineAutoregressive` | `Invert` of `Autoregressive` of `ElementwiseAffine`, `inverseSigmoid`: it draws in one pass |
 * | `ResidualNet`, `MADE` with residual blocks | `ResidualNet`, `MaskedResidualNet`, contexts included |
 * | `Permute`, `LULinearPermute`, `AffineConstFlow`, `ActNorm` | `Permute`, `LULinear` and `Permute`, `Affine` |
 * | `DiagGaussian` | `Normal` |
 *
 * Not mapped: the sigmoid scale maps (ours add a least value, or shift on the other side), `MaskedAffineFlow` with its two
 * networks, feed-forward `MADE` (theirs has no activation after its first layer), circular splines.
 */
export const normflows: Peer = {
  name: 'normflows',
  listsFrom: 'base',

  readLayer(layer, from, sizes) {
    switch (layer.class) {
      case 'AffineCouplingBlock':
        return readAffineCoupling(layer, from, sizes);
      case SPLINE_COUPLING: {
        const transform = readSpline(layer, 1 / Math.sqrt(layer.part('net').count('hidden')));
        return readResidualCoupling(layer, from.under('prqct.'), sizes, transform);
      }
      case SPLINE_AUTOREGRESSIVE:
        return readMaskedLayer(layer, from.under('mprqat.'), sizes, readSpline(layer));
      case AFFINE_AUTOREGRESSIVE: {
        const transform = new ElementwiseAffine({ scale: 'inverseSigmoid', least: LEAST });
        const { part, tensors } = readMaskedLayer(layer, from, sizes, transform, scaleBeforeShift);
        return { part: new Invert({ bijector: part }), tensors: below('bijector', tensors) };
      }
      case 'Permute':
        return readPermutation(layer, sizes.features, 'towards the data');
      case 'LULinearPermute': {
        // Towards the base it permutes first.
        const { part: linear, tensors } = readLu(from.under('linear.'), sizes.features);
        const { part: permute } = readPermutation(layer, sizes.features, 'towards the base');
        return { part: new Chain({ bijectors: [linear, permute] }), tensors: below('0', tensors) };
      }
      case 'ActNorm':
      case 'AffineConstFlow':
        return readConstant(layer, from, sizes.features);
      default:
        throw layer.unmapped(`"${layer.class}"`);
    }
  },

  writeLayer(bijector, from, sizes) {
    if (bijector instanceof Coupling) return writeAffineCoupling(bijector, from) ?? writeSplineCoupling(bijector, from);
    if (bijector instanceof Autoregressive) {
      return writeMaskedLayer(bijector, from, ({ transform, feedForward }) => {
        const spline = feedForward ? null : describeSpline(transform);
          return spline && likeSpline(SPLINE_AUTOREGRESSIVE, spline, 1);
      }, 'mprqat.'); // prettier-ignore
    }
    if (bijector instanceof Invert && bijector.bijector instanceof Autoregressive) {
      return writeMaskedLayer(bijector.bijector, from.under('bijector.'), ({ transform, feedForward }) =>
        !feedForward && isAffine(transform, 'inverseSigmoid')
          ? { layer: { class: AFFINE_AUTOREGRESSIVE }, order: scaleBeforeShift }
          : null,
      );
    }
    if (bijector instanceof Permute) return describePermutation(bijector, 'Permute', 'towards the data');
    if (bijector instanceof LULinear) {
      const permutation = Array.from({ length: sizes.features }, (_, i) => i);
      return writeLu(from, { class: 'LULinearPermute', permutation }, 'linear.');
    }
    if (!(bijector instanceof ActNorm)) return null;
    const logScale = [...from.take('logScale').values];
    const shift = [...from.take('shift').values];
    return constant(logScale, shift.map((t, i) => -t * Math.exp(-logScale[i]))); // prettier-ignore
  },

  readBase(base, from, { features }) {
    if (base.class !== 'DiagGaussian') throw base.unmapped(`"${base.class}"`);
    const tensors: Tensors = new Map([
      ['loc', vector(from.takeEach('loc', features))],
      ['logScale', vector(from.takeEach('log_scale', features))],
    ]);
    return { part: new Normal({ eventShape: [features], learnable: true }), tensors };
  },

  writeBase({ loc, logScale }) {
    const tensors: Tensors = new Map([
      ['loc', row(loc)],
      ['log_scale', row(logScale)],
    ]);
    return { layer: { class: 'DiagGaussian' }, tensors };
  },

  writeAffine(scale, shift) {
    if (scale.some((s) => s < 0)) return null;
    return constant(scale.map(Math.log), shift.map((t, i) => -t / scale[i])); // prettier-ignore
  },
};

/** `x = z exp(-logScale) + shift` towards the data. */
function constant(logScale: readonly number[], shift: readonly number[]): WrittenPart {
  const tensors: Tensors = new Map([
    ['s', row(logScale.map((s) => -s))],
    ['t', row(shift)],
  ]);
  return { layer: { class: 'AffineConstFlow' }, tensors };
}

function readConstant(layer: Description, from: TensorShelf, features: number): ReadPart<Affine> {
  const tensors: Tensors = new Map([
    ['shift', vector(from.takeEach('t', features))],
    ['logScale', vector(from.takeEach('s', features))],
  ]);
  if (layer.class === 'ActNorm') from.take('data_dep_init_done', []);
  return { part: new Affine({ eventShape: [features] }), tensors };
}

/** Which coordinates a split transforms: the first half is the longer one. */
function splitMask(mode: string, features: number): boolean[] | null {
  const half = Math.ceil(features / 2);
  const coordinates = Array.from({ length: features }, (_, i) => i);
  switch (mode) {
    case 'channel':
      return coordinates.map((i) => i >= half);
    case 'channel_inv':
      return coordinates.map((i) => i < half);
    case 'checkerboard':
      return features % 2 === 0 ? coordinates.map((i) => i % 2 === 0) : null;
    case 'checkerboard_inv':
      return features % 2 === 0 ? coordinates.map((i) => i % 2 === 1) : null;
    default:
      return null;
  }
}

const SPLITS = ['channel', 'channel_inv', 'checkerboard', 'checkerboard_inv'];

function readAffineCoupling(layer: Description, from: TensorShelf, { features }: FlowSizes): ReadPart<Bijector> {
  const [mode, scaleMap] = [layer.text('split_mode'), layer.text('scale_map')];
  const mask = splitMask(mode, features);
  if (!mask) throw layer.unmapped(`split mode "${mode}" for ${features} coordinates`);
  if (scaleMap !== 'exp') throw layer.unmapped(`scale map "${scaleMap}"`);
  const moved = mask.filter(Boolean).length;
  const transform = new ElementwiseAffine({ bound: null });
  const request = { inputs: features - moved, outputs: 2 * moved, context: 0, rows: null };
  const { network, tensors } = readPerceptron(layer.part('net'), from.under('flows.1.param_map.net.'), request);
  return { part: new Coupling({ mask, transform, conditioner: network }), tensors: below('conditioner', tensors) };
}

function writeAffineCoupling(coupling: Coupling, from: TensorShelf): WrittenPart | null {
  const { mask, transform, conditioner, unconditional } = coupling.getConfig();
  const splits = mask as readonly boolean[];
  const mode = SPLITS.find((name) => splitMask(name, splits.length)?.join() === splits.join());
  if (!mode || unconditional || !isAffine(transform, 'exp') || !(conditioner instanceof MLP)) return null;
  const { bound } = (transform as ElementwiseAffine).getConfig();
  const { activation } = conditioner.getConfig();
  const known = activation === 'relu' || activation === 'leakyRelu';
  if (bound !== null || !known || conditioner.contextShape || conditioner.circular.length > 0) return null;
  const tensors: Tensors = new Map();
  const prefix = 'flows.1.param_map.net.';
  const net = writePerceptron(conditioner.getConfig(), from.under('conditioner.'), tensors, prefix, AS_IT_IS);
  const layer = { class: 'AffineCouplingBlock', split_mode: mode, scale_map: 'exp', net };
  return { layer, tensors };
}

/** Theirs always has splines of the kept coordinates, which are the identity where ours has none, and alternating masks. */
function writeSplineCoupling(coupling: Coupling, from: TensorShelf): WrittenPart | null {
  const { mask, unconditional } = coupling.getConfig() as { mask: readonly boolean[]; unconditional: unknown };
  if (mask.some((moved, i) => moved !== (mask[0] === (i % 2 === 0)))) return null;
  const written = writeResidualCoupling(
    coupling,
    from,
    (transform, hidden) => {
      const spline = describeSpline(transform);
      return spline && likeSpline(SPLINE_COUPLING, spline, 1 / Math.sqrt(hidden));
    },
    'prqct.',
  );
  if (!written || unconditional) return written;
  const kept = mask.filter((moved) => !moved).length;
  const bins = written.layer.bins as number;
  const splines = identitySplines(kept, bins, LEAST, 'prqct.unconditional_transform.');
  return { layer: { ...written.layer, unconditional: true }, tensors: new Map([...written.tensors, ...splines]) };
}

/** Null for least sizes that are not the default, which their wrappers leave. */
function likeSpline(name: string, { options, rawScale }: SplineDescription, theirScale: number): Likeness | null {
  const usual = ['min_bin_width', 'min_bin_height', 'min_derivative'].every((least) => options[least] === LEAST);
  return usual ? { layer: { class: name, ...options }, sizeFactor: rawScale / theirScale } : null;
}

/** Numbers as a tensor of one row. */
function row(values: readonly number[]): { shape: number[]; values: Float32Array } {
  return { ...vector(values), shape: [1, values.length] };
}
