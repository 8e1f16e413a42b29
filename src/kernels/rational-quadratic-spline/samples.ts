import type { FusedSample } from '../fused/op.js';
import { waves } from '../fused/waves.js';
import { splineParameterCount, type SplineAttributes, type SplineSpec } from './spec.js';

const SPEC: SplineSpec = {
  bins: 5,
  low: -3,
  high: 3,
  boundaries: 'linear',
  minBinWidth: 1e-3,
  minBinHeight: 1e-3,
  minDerivative: 1e-3,
  rawScale: 1,
  identityAtZero: false,
};

/** All boundaries, both directions, points inside and outside of the box. */
export const splineSamples: readonly FusedSample<SplineAttributes>[] = (['linear', 'bounded', 'circular'] as const)
  .flatMap((boundaries) => [
    { ...SPEC, boundaries },
    { ...SPEC, boundaries, bins: 8, low: -1, high: 2, rawScale: 0.5, identityAtZero: true },
  ])
  .flatMap((spec) => [
    { ...spec, inverse: false },
    { ...spec, inverse: true },
  ])
  .map((attributes) => {
    const count = splineParameterCount(attributes);
    const x = [attributes.low - 0.5, -0.9, -0.3, 0.1, 0.6, 1.1, attributes.high + 0.5];
    return {
      attributes,
      inputs: [
        { shape: [x.length], values: x },
        { shape: [x.length, count], values: waves(x.length * count, 1.5) },
      ],
    };
  });
