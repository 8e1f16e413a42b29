import type { FusedSample } from '../fused/op.js';
import { waves } from '../fused/waves.js';
import type { BumpAttributes } from './spec.js';

type Numbers = FusedSample<BumpAttributes>['inputs'][number];

const KINDS: readonly (BumpAttributes & { readonly count: number })[] = [
  { exponent: 1, circular: false, count: 6 },
  { exponent: 1.5, circular: true, count: 4 },
  { exponent: 2, circular: false, count: 3 },
  { exponent: 2, circular: true, count: 1 },
  { exponent: 0.5, circular: false, count: 9 },
  { exponent: 1, circular: true, count: 5 },
];

const ROWS = 7;

/** Bumps of all kinds; points are among, before and after them. */
function samples(pointsOf: (circular: boolean) => number[], floor: readonly Numbers[]): FusedSample<BumpAttributes>[] {
  return KINDS.map(({ exponent, circular, count }) => {
    const bumps = (values: number[]): Numbers => ({ shape: [ROWS, count], values });
    const many = (centre: number, size: number, phase: number) =>
      waves(ROWS * count, size, phase).map((wave) => centre + wave);
    return {
      attributes: { exponent, circular },
      inputs: [
        { shape: [ROWS], values: pointsOf(circular) },
        ...floor,
        bumps(many(0.8 / count, 0.4 / count, 1)),
        bumps(many(0.3, circular ? 0.6 : 0.4, 2)),
        bumps(many(2, 0.9, 3)),
        bumps(many(2, 0.5, 4)),
      ],
    };
  });
}

export const bumpSamples = samples((circular) => waves(ROWS, circular ? 1.5 : 0.6).map((wave) => wave + 0.5), []);
export const bumpRootSamples = samples(
  (circular) => waves(ROWS, circular ? 1.5 : 0.3).map((wave) => wave + 0.5),
  [{ shape: [ROWS], values: waves(ROWS, 0.1, 5).map((wave) => 0.3 + wave) }],
);
