import { Chain } from '../../../bijectors/chain.js';
import { checkLattice } from '../../../bijectors/lattice/check-lattice.js';
import { SpatialCoupling } from '../../../bijectors/image/spatial-coupling.js';
import { Reshape } from '../../../bijectors/reshape.js';
import { ConvNet } from '../../../conditioners/convolutional/conv-net.js';
import type { Distribution } from '../../../distributions/distribution.js';
import { Normal } from '../../../distributions/normal.js';
import { ElementwiseAffine } from '../../../elementwise/elementwise-affine.js';
import { RationalQuadraticSpline } from '../../../elementwise/rational-quadratic-spline.js';
import { FlowConfigError } from '../../../errors.js';
import { RandomStream } from '../../../random.js';
import { Flow } from '../../flow.js';
import { checkPositive } from '../recipe.js';
import type { LatticeFlowOptions } from './lattice-options.js';

/** Options of {@link scalarFieldFlow}. */
export interface ScalarFieldFlowOptions extends LatticeFlowOptions {
  /** The map of each site: a rational-quadratic `spline` (default), or an `affine` one as published. */
  readonly transform?: 'spline' | 'affine';
  /** Splines act on `[-tailBound, tailBound]`. Default: 3. */
  readonly tailBound?: number;
  /** Over fields `[L₀, L₁]`. Default: standard normal. */
  readonly base?: Distribution;
}

/**
 * A flow of real scalar fields on a periodic lattice, `[L₀, L₁]`: checkerboard couplings, black and white by turns, whose
 * convolutional networks wrap around, so that densities are those of the field moved by any even number of sites.
 *
 * Defaults: 8 spline layers, hidden [8, 8], a standard normal base. It starts as the base.
 *
 * Source: Albergo et al., "Introduction to normalizing flows for lattice field theory", 2021, with 16 `affine` layers; splines are ours.
 *
 * @cost density: one pass; sample: one pass
 * @domain fields on a periodic lattice, `[L₀, L₁]`
 * @throws FlowConfigError for odd lengths, sizes that are not positive integers, or an unknown map.
 *
 * @example
 * const flow = scalarFieldFlow({ shape: [8, 8], tailBound: 2 });
 * await fit(flow, { objective: reverseKl(new ScalarFieldLattice()), steps: 2000, batchSize: 256 });
 */
export function scalarFieldFlow(options: ScalarFieldFlowOptions): Flow {
  const { shape, layers = 8, hidden = [8, 8], activation = 'silu', bins = 8, tailBound = 3, seed = 0 } = options;
  const { transform = 'spline', base = Normal.standard(options.shape) } = options;
  checkLattice('scalarFieldFlow', shape, 2);
  checkPositive('scalarFieldFlow', 'layers', layers);
  if (transform !== 'spline' && transform !== 'affine') {
    throw new FlowConfigError('scalarFieldFlow.transform', { expected: "'spline' or 'affine'", got: `'${String(transform)}'` }); // prettier-ignore
  }
  const stream = RandomStream.from(seed).split('scalarFieldFlow');
  const kernelSizes = Array<number>(hidden.length + 1).fill(3);
  const couplings = Array.from(
    { length: layers },
    (_, i) =>
      new SpatialCoupling({
        eventShape: [...shape, 1],
        mask: 'checkerboard',
        flip: i % 2 === 1,
        transform: transform === 'spline' ? new RationalQuadraticSpline({ bins, tailBound }) : new ElementwiseAffine(),
        conditioner: (request) =>
          new ConvNet({ ...request, hidden, activation, kernelSizes, padding: 'circular', seed: stream.split(`${i}`) }),
      }),
  );
  const bijectors = [
    new Reshape({ eventShapeIn: shape, eventShapeOut: [...shape, 1] }),
    ...couplings,
    new Reshape({ eventShapeIn: [...shape, 1], eventShapeOut: shape }),
  ];
  return new Flow({ base, bijector: new Chain({ bijectors }) });
}
