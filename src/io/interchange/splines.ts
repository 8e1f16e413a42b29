import { RationalQuadraticSpline } from '../../elementwise/rational-quadratic-spline.js';
import type { StoredTensor } from '../safetensors.js';
import type { Tensors } from './linears.js';
import { filled, sideBySide, takeColumns, type TensorShelf } from './tensor-shelf.js';
import type { Description } from './weight-map.js';

interface SplineConfig {
  readonly bins?: number;
  readonly tailBound?: number;
  readonly interval?: unknown;
  readonly boundaries?: string;
  readonly minBinWidth?: number;
  readonly minBinHeight?: number;
  readonly minDerivative?: number;
  readonly rawScale?: number;
  readonly identityAtZero?: boolean;
}

/** The spline that nflows and normflows took over from the authors' code, with linear tails. */
export function readSpline(layer: Description, rawScale = 1): RationalQuadraticSpline {
  if (layer.text('tails') !== 'linear') throw layer.unmapped(`a spline with ${layer.text('tails')} tails`);
  return new RationalQuadraticSpline({
    bins: layer.count('bins'),
    tailBound: layer.number('tail_bound'),
    minBinWidth: layer.number('min_bin_width'),
    minBinHeight: layer.number('min_bin_height'),
    minDerivative: layer.number('min_derivative'),
    rawScale,
  });
}

/** A spline in their terms. */
export interface SplineDescription {
  readonly options: Readonly<Record<string, number | string>>;
  /** Our factor on raw widths and heights. */
  readonly rawScale: number;
}

/** The options of such a spline; null for one that they do not have. */
export function describeSpline(transform: unknown): SplineDescription | null {
  if (!(transform instanceof RationalQuadraticSpline)) return null;
  const config = transform.getConfig() as SplineConfig;
  const { bins = 8, tailBound = 3, boundaries = 'linear', interval, identityAtZero = false, rawScale = 1 } = config;
  const { minBinWidth = 1e-3, minBinHeight = 1e-3, minDerivative = 1e-3 } = config;
  if (boundaries !== 'linear' || interval || identityAtZero) return null;
  const options = {
    bins,
    tails: 'linear',
    tail_bound: tailBound,
    min_bin_width: minBinWidth,
    min_bin_height: minBinHeight,
    min_derivative: minDerivative,
  };
  return { options, rawScale };
}

const PARTS = ['unnormalized_widths', 'unnormalized_heights', 'unnormalized_derivatives'] as const;

/** Splines of the kept coordinates, `unconditional_transform`, as the weights of `Elementwise`. */
export function readUnconditional(from: TensorShelf, kept: number, bins: number): StoredTensor {
  const [widths, heights, slopes] = PARTS.map((part, i) => from.take(part, [kept, i < 2 ? bins : bins - 1]));
  const { values } = sideBySide(sideBySide(widths, heights), slopes);
  return { shape: [values.length], values };
}

export function writeUnconditional(
  parameters: StoredTensor,
  kept: number,
  bins: number,
  into: Tensors,
  prefix: string,
): void {
  // prettier-ignore
  const table = { shape: [kept, 3 * bins - 1], values: parameters.values };
  [0, bins, 2 * bins].forEach((begin, i) => {
    into.set(`${prefix}${PARTS[i]}`, takeColumns(table, begin, Math.min(begin + bins, 3 * bins - 1)));
  });
}

/** Splines of the kept coordinates that leave them as they are. */
export function identitySplines(kept: number, bins: number, minDerivative: number, prefix: string): Tensors {
  const sizes = () => filled([kept, bins], 0);
  return new Map([
    [`${prefix}${PARTS[0]}`, sizes()],
    [`${prefix}${PARTS[1]}`, sizes()],
    [`${prefix}${PARTS[2]}`, filled([kept, bins - 1], Math.log(Math.expm1(1 - minDerivative)))],
  ]);
}
