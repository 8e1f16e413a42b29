import type { FusedSample } from '../fused/op.js';
import { waves } from '../fused/waves.js';
import type { AttentionAttributes } from './spec.js';

/** Sizes below, at and above those that kernels work in; several blocks of queries; fewer queries than positions. */
export const attentionSamples: readonly FusedSample<AttentionAttributes>[] = [
  sample(false, 2, 2, 5, 5, 3),
  sample(true, 1, 3, 9, 9, 4),
  sample(true, 1, 2, 3, 7, 5),
  sample(false, 1, 1, 1, 11, 8),
  sample(true, 1, 1, 70, 70, 9),
  sample(false, 1, 1, 67, 6, 2),
  sample(true, 1, 1, 66, 69, 2),
];

function sample(
  causal: boolean,
  batch: number,
  heads: number,
  queries: number,
  positions: number,
  width: number,
): FusedSample<AttentionAttributes> {
  const [asked, known] = [batch * heads * queries * width, batch * heads * positions * width];
  return {
    attributes: { causal },
    inputs: [
      { shape: [batch, heads, queries, width], values: waves(asked, 1.5) },
      { shape: [batch, heads, positions, width], values: waves(known, 1.5, 1) },
      { shape: [batch, heads, positions, width], values: waves(known, 1, 2) },
    ],
  };
}
