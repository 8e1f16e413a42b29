import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowShapeError } from '../errors.js';
import { integratedAutocorrelationTime } from '../estimators/autocorrelation.js';
import { bulkEffectiveSampleSize, splitRHat, tailEffectiveSampleSize } from '../estimators/convergence.js';
import { formatShape } from '../shapes.js';

/** Numbers that say whether chains have converged, one a coordinate in row-major order. */
export interface ChainSummary {
  /** Over all draws of all chains. */
  readonly mean: Float64Array;
  /** Likewise. */
  readonly standardDeviation: Float64Array;
  /** Of the mean: `σ / √N_eff`, with the effective size for the bulk. */
  readonly standardError: Float64Array;
  /** Below 1.01 where chains agree. */
  readonly rHat: Float64Array;
  /** Independent draws that the centre of the distribution is known from, as it were. */
  readonly bulkEffectiveSampleSize: Float64Array;
  /** Those that the 5 % and 95 % quantiles are known from. */
  readonly tailEffectiveSampleSize: Float64Array;
  /** In draws, `½` for independent ones. */
  readonly autocorrelationTime: Float64Array;
}

/**
 * Diagnostics of chains, coordinate by coordinate: see {@link splitRHat}, {@link bulkEffectiveSampleSize} and
 * {@link integratedAutocorrelationTime}. Read the worst of them, and those of the quantities that matter.
 *
 * @param samples `[draws, chains, ...eventShape]`
 * @throws FlowShapeError for a tensor without these axes.
 * @throws FlowDataError for numbers that are not finite, or fewer than four draws.
 */
export function summarizeChains(samples: Tensor): ChainSummary {
  const [draws, chains] = samples.shape;
  if (samples.shape.length < 2 || chains === 0) {
    throw new FlowShapeError('summarizeChains', {
      expected: 'samples of shape [draws, chains, ...event]',
      got: formatShape(samples.shape),
    });
  }
  const values = samples.dataSync();
  const size = draws === 0 ? 0 : samples.size / (draws * chains);
  const series = Array.from({ length: size }, (_, i) =>
    Array.from({ length: chains }, (_, chain) =>
      Float64Array.from({ length: draws }, (_, draw) => values[(draw * chains + chain) * size + i]),
    ),
  );
  const each = (compute: (own: Float64Array[]) => number) => Float64Array.from(series, compute);
  const mean = each(meanOf);
  const standardDeviation = Float64Array.from(series, (own, i) => {
    return Math.sqrt(meanOf(own.map((chain) => chain.map((value) => (value - mean[i]) ** 2))));
  });
  const sizes = each(bulkEffectiveSampleSize);
  return {
    mean,
    standardDeviation,
    standardError: standardDeviation.map((deviation, i) => deviation / Math.sqrt(sizes[i])),
    rHat: each(splitRHat),
    bulkEffectiveSampleSize: sizes,
    tailEffectiveSampleSize: each(tailEffectiveSampleSize),
    autocorrelationTime: each((own) => integratedAutocorrelationTime(own)),
  };
}

function meanOf(chains: readonly Float64Array[]): number {
  const sums = chains.map((chain) => chain.reduce((sum, value) => sum + value, 0) / chain.length);
  return sums.reduce((sum, value) => sum + value, 0) / sums.length;
}
