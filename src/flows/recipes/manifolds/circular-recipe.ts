import type { Bijector } from '../../../bijectors/bijector.js';
import { Chain } from '../../../bijectors/chain.js';
import { alternatingMask, randomMask } from '../../../bijectors/coupling.js';
import { Standardize } from '../../../bijectors/standardize.js';
import { CIRCLE } from '../../../elementwise/circle.js';
import type { ElementwiseTransform } from '../../../elementwise/elementwise-transform.js';
import { RationalQuadraticSpline } from '../../../elementwise/rational-quadratic-spline.js';
import type { Distribution } from '../../../distributions/distribution.js';
import { Normal } from '../../../distributions/normal.js';
import { Product } from '../../../distributions/product.js';
import { Uniform } from '../../../distributions/uniform.js';
import { FlowConfigError } from '../../../errors.js';
import { RandomStream } from '../../../random.js';
import { autoregressiveLayer } from '../autoregressive/autoregressive-recipe.js';
import { couplingLayer } from '../couplings/coupling-recipe.js';
import type { Flow } from '../../flow.js';
import { assembleFlow, type RecipeOptions } from '../recipe.js';

/** Options of the recipes for angles, and for angles beside other numbers. */
export interface CircularFlowOptions extends Omit<RecipeOptions, 'mixing' | 'batchNorm' | 'standardize'> {
  /** Take mean and deviation of the coordinates that are no angles from the training data. Default: true. */
  readonly standardize?: boolean;
  /** Coordinates that are angles in radians. Default: all. */
  readonly circular?: readonly number[];
  /**
   * `coupling` (default), of random halves: densities and draws are one pass a layer. `autoregressive`: every coordinate depends on all before
   * it, and draws are one pass a coordinate.
   */
  readonly conditioning?: 'coupling' | 'autoregressive';
  /** Bins of each spline. Default: 8. */
  readonly bins?: number;
  /** Splines of coordinates that are no angles act on `[-tailBound, tailBound]`, in units of the standardised data. Default: 5. */
  readonly tailBound?: number;
}

/**
 * A flow of angles by the map given, and of other coordinates by rational-quadratic splines. Networks see angles as cosine
 * and sine, and nothing but the circle's own maps moves them, so that the density has no seam.
 *
 * @param onDataSide maps between the layers and the data
 * @throws FlowConfigError for circular coordinates that are not different indices, or an unknown kind of conditioning.
 */
export function circularFlow(
  name: string,
  options: CircularFlowOptions,
  onCircle: ElementwiseTransform,
  onDataSide: readonly Bijector[] = [],
): Flow {
  const { dims, layers = 5, hidden = [64, 64], conditioning = 'coupling', bins = 8, tailBound = 5 } = options;
  const { standardize = true } = options;
  if (conditioning !== 'coupling' && conditioning !== 'autoregressive') {
    throw new FlowConfigError(name, {
      expected: "conditioning: 'coupling' or 'autoregressive'",
      got: `'${String(conditioning)}'`,
    });
  }
  const circular = circularCoordinates(name, options);
  const onLine = new RationalQuadraticSpline({ bins, tailBound });
  const indices = Array.from({ length: circular.length }, (_, i) => i);
  const transforms = circular.every((angle) => angle) ? onCircle : circular.map((angle) => (angle ? onCircle : onLine));
  const sized = {
    ...options,
    layers,
    hidden,
    base: options.base ?? baseOf(circular),
    mixing: 'none' as const,
    // Angles have no variance to divide by.
    batchNorm: false,
    standardize: false,
  };
  const others = indices.filter((i) => !circular[i]);
  const masks = RandomStream.from(options.seed ?? 0).split('masks');
  const stack = (index: number, seed: RandomStream) => {
    const layer =
      conditioning === 'coupling'
        ? couplingLayer(sized, transforms, index, seed, null, layerMask(dims, index, masks))
        : autoregressiveLayer(sized, transforms, seed, index % 2 === 0 ? indices : indices.toReversed());
    if (!standardize || others.length === 0 || index < layers - 1) return layer;
    return new Chain({ bijectors: [layer, new Standardize({ eventShape: [dims], coordinates: others })] });
  };
  return assembleFlow(name, sized, stack, [], (layers) => [...layers, ...onDataSide]);
}

/** A random half of the coordinates in one layer and the others in the next; two take turns. */
function layerMask(dims: number, index: number, masks: RandomStream): boolean[] {
  if (dims <= 2) return alternatingMask(dims, (index % 2) as 0 | 1);
  const mask = randomMask(dims, masks.split(`${index >> 1}`));
  return index % 2 === 0 ? mask : mask.map((chosen) => !chosen);
}

/** Which coordinates are angles. */
function circularCoordinates(name: string, { dims, circular }: CircularFlowOptions): boolean[] {
  // `assembleFlow` refuses what is no number of coordinates.
  const indices = Array.from({ length: Number.isInteger(dims) && dims > 0 ? dims : 1 }, (_, i) => i);
  if (circular === undefined) return indices.map(() => true);
  if (
    !Array.isArray(circular) ||
    new Set(circular).size !== circular.length ||
    !circular.every((i) => indices.includes(i as number))
  ) {
    throw new FlowConfigError(`${name}.circular`, {
      expected: `different indices from 0 to ${indices.length - 1}`,
      got: Array.isArray(circular) ? `[${circular.join(', ')}]` : String(circular),
    });
  }
  return indices.map((i) => circular.includes(i));
}

/** Uniform on the circle for angles, standard normal for the others. */
function baseOf(circular: readonly boolean[]): Distribution {
  const factors: Distribution[] = [];
  for (let start = 0; start < circular.length;) {
    const next = circular.findIndex((angle, i) => i > start && angle !== circular[start]);
    const end = next < 0 ? circular.length : next;
    const shape = [end - start];
    factors.push(
      circular[start] ? new Uniform({ eventShape: shape, low: CIRCLE[0], high: CIRCLE[1] }) : Normal.standard(shape),
    );
    start = end;
  }
  return factors.length === 1 ? factors[0] : new Product({ factors });
}
