import { ActNorm } from '../../bijectors/act-norm.js';
import { Autoregressive } from '../../bijectors/autoregressive.js';
import { Coupling } from '../../bijectors/coupling.js';
import { LULinear } from '../../bijectors/linear/lu-linear.js';
import { Permute } from '../../bijectors/permute.js';
import { Normal } from '../../distributions/normal.js';
import { ElementwiseAffine } from '../../elementwise/elementwise-affine.js';
import { readMaskedLayer, readResidualCoupling, writeMaskedLayer, writeResidualCoupling } from './durkan-layers.js';
import type { Tensors } from './linears.js';
import { readLu, writeLu } from './lu.js';
import { scaleBeforeShift, shiftsBeforeScales } from './parameter-orders.js';
import type { FlowSizes, Peer } from './peer.js';
import { describePermutation, isAffine, readAffine, readPermutation } from './simple-layers.js';
import { describeSpline, readSpline } from './splines.js';
import { vector } from './tensor-shelf.js';

const AFFINE_COUPLING = 'AffineCouplingTransform';
const SPLINE_COUPLING = 'PiecewiseRationalQuadraticCouplingTransform';
const AFFINE_AUTOREGRESSIVE = 'MaskedAffineAutoregressiveTransform';
const SPLINE_AUTOREGRESSIVE = 'MaskedPiecewiseRationalQuadraticAutoregressiveTransform';

/** Constants in the code of nflows. */
const LEAST_SCALE = 1e-3;

/**
 * nflows (Durkan, Bekasov, Murray, Papamakarios, 2020), whose transforms run and are listed from data to base.
 *
 * | nflows | here |
 * | --- | --- |
 * | `AffineCouplingTransform` with its default scale | `Coupling` of `ElementwiseAffine`, `inverseSigmoid`; the net emits all shifts, then all scales |
 * | `PiecewiseRationalQuadraticCouplingTransform`, linear tails | `Coupling` of `RationalQuadraticSpline`, `rawScale` 1 / √hidden; `unconditional` without that factor |
 * | `MaskedAffineAutoregressiveTransform` | `Autoregressive` of `ElementwiseAffine`, `inverseSoftplus`; scale before shift |
 * | `MaskedPiecewiseRationalQuadraticAutoregressiveTransform`, linear tails | `Autoregressive` of `RationalQuadraticSpline`, `rawScale` 1, as its `MADE` has no `hidden_features` to divide by |
 * | `ResidualNet` | `ResidualNet` |
 * | `MADE` without context | `MaskedResidualNet`, or `MaskedMLP` for feed-forward blocks |
 * | `Permutation`, `LULinear`, `ActNorm`, `PointwiseAffineTransform` | `Permute`, `LULinear`, `ActNorm`, `Affine` |
 *
 * Not mapped: `MADE` with a context (which goes through the activation before it is added, and into the blocks), batch
 * normalisation, other tails and other scale activations.
 */
export const nflows: Peer = {
  name: 'nflows',
  listsFrom: 'data',

  readLayer(layer, from, sizes) {
    switch (layer.class) {
      case AFFINE_COUPLING: {
        const transform = new ElementwiseAffine({ scale: 'inverseSigmoid', least: LEAST_SCALE });
        return readResidualCoupling(layer, from, sizes, transform, shiftsBeforeScales);
      }
      case SPLINE_COUPLING: {
        const transform = readSpline(layer, 1 / Math.sqrt(layer.part('net').count('hidden')));
        return readResidualCoupling(layer, from, sizes, transform);
      }
      case AFFINE_AUTOREGRESSIVE: {
        const transform = new ElementwiseAffine({ scale: 'inverseSoftplus', least: LEAST_SCALE });
        return readMaskedLayer(layer, from, withoutContext(sizes), transform, scaleBeforeShift);
      }
      case SPLINE_AUTOREGRESSIVE:
        return readMaskedLayer(layer, from, withoutContext(sizes), readSpline(layer));
      case 'Permutation':
        return readPermutation(layer, sizes.features, 'towards the base');
      case 'LULinear':
        return readLu(from, sizes.features);
      case 'ActNorm': {
        const shape = [sizes.features];
        const tensors: Tensors = new Map([
          ['logScale', from.take('log_scale', shape)],
          ['shift', from.take('shift', shape)],
          ['initialized', from.take('initialized', [])],
        ]);
        return { part: new ActNorm({ eventShape: shape }), tensors };
      }
      case 'PointwiseAffineTransform':
        return readAffine(from.takeEach('_scale', sizes.features), from.takeEach('_shift', sizes.features));
      default:
        throw layer.unmapped(`"${layer.class}"`);
    }
  },

  writeLayer(bijector, from) {
    if (bijector instanceof Coupling) {
      return writeResidualCoupling(bijector, from, (transform, hidden) => {
        const spline = describeSpline(transform);
        if (spline) {
          return {
            layer: { class: SPLINE_COUPLING, ...spline.options },
            sizeFactor: spline.rawScale * Math.sqrt(hidden),
          };
        }
        const affine = isAffine(transform, 'inverseSigmoid');
        return affine ? { layer: { class: AFFINE_COUPLING, scale: 'sigmoid' }, order: shiftsBeforeScales } : null;
      });
    }
    if (bijector instanceof Autoregressive) {
      return writeMaskedLayer(bijector, from, ({ transform, context }) => {
        if (context) return null;
        const spline = describeSpline(transform);
        if (spline) return { layer: { class: SPLINE_AUTOREGRESSIVE, ...spline.options }, sizeFactor: spline.rawScale };
        const affine = isAffine(transform, 'inverseSoftplus');
        return affine ? { layer: { class: AFFINE_AUTOREGRESSIVE }, order: scaleBeforeShift } : null;
      });
    }
    if (bijector instanceof Permute) return describePermutation(bijector, 'Permutation', 'towards the base');
    if (bijector instanceof LULinear) return writeLu(from, { class: 'LULinear' });
    if (!(bijector instanceof ActNorm)) return null;
    const tensors: Tensors = new Map([
      ['log_scale', from.take('logScale')],
      ['shift', from.take('shift')],
      ['initialized', from.take('initialized')],
    ]);
    return { layer: { class: 'ActNorm' }, tensors };
  },

  readBase(base, _from, { features }) {
    if (base.class !== 'StandardNormal') throw base.unmapped(`"${base.class}"`);
    return { part: Normal.standard([features]), tensors: new Map() };
  },

  writeBase({ loc, logScale }) {
    const standard = [...loc, ...logScale].every((number) => number === 0);
    return standard ? { layer: { class: 'StandardNormal' }, tensors: new Map() } : null;
  },

  writeAffine(scale, shift) {
    const tensors: Tensors = new Map([
      ['_scale', vector(scale)],
      ['_shift', vector(shift)],
    ]);
    return { layer: { class: 'PointwiseAffineTransform' }, tensors };
  },
};

/** A context of theirs leaves tensors over, which are told. */
function withoutContext(sizes: FlowSizes): FlowSizes {
  return { ...sizes, context: 0 };
}
