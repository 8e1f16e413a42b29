import type { FusedSample } from '../fused/op.js';
import { waves } from '../fused/waves.js';

/** Images and kernels of several sizes: `[batch, height, width, channels, k]`. */
const SIZES = [
  [2, 4, 3, 3, 3],
  [5, 3, 4, 9, 2],
  [1, 5, 5, 4, 3],
  [3, 1, 1, 2, 3],
  [2, 2, 6, 1, 4],
  [1, 3, 3, 2, 1],
] as const;

export const paddedInverseSamples: readonly FusedSample<object>[] = SIZES.map(
  ([batch, height, width, channels, k]) => ({
    attributes: {},
    inputs: [
      { shape: [batch, height, width, channels], values: waves(batch * height * width * channels) },
      { shape: [k, k, channels, channels], values: waves(k * k * channels * channels, 0.5 / (k * channels), 0.4) },
    ],
  }),
);
