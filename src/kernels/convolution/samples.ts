import type { FusedSample } from '../fused/op.js';
import { waves } from '../fused/waves.js';
import { ACTIVATION_CODES, type FusedActivation } from '../dense/fused-activation.js';
import type { ConvolutionAttributes } from './spec.js';

/** Images, filters and zeros: `[batch, height, width, inputs]`, `[k, l, outputs]`, `[top, bottom, left, right]`. */
const SIZES = [
  // As many channels or more behind as before, and fewer.
  [[2, 4, 5, 3], [3, 3, 6], [1, 1, 1, 1]],
  [[2, 5, 4, 9], [3, 3, 4], [1, 1, 1, 1]],
  [[3, 3, 5, 6], [1, 1, 10], [0, 0, 0, 0]],
  [[2, 3, 3, 13], [1, 1, 3], [0, 0, 0, 0]],
  // Zeros on the top and on the left alone.
  [[2, 4, 3, 4], [2, 2, 4], [1, 0, 1, 0]],
  [[1, 5, 7, 1], [3, 3, 1], [1, 1, 1, 1]],
  [[2, 5, 6, 5], [3, 1, 2], [0, 0, 0, 0]],
  // Filters larger than the image, zeros wider than the filter, and more zeros around one pixel.
  [[2, 3, 2, 2], [5, 5, 9], [2, 2, 2, 2]],
  [[1, 2, 3, 3], [4, 5, 2], [2, 1, 2, 2]],
  [[1, 3, 2, 3], [2, 2, 2], [3, 2, 0, 4]],
  [[1, 2, 2, 2], [1, 1, 5], [1, 0, 2, 1]],
] as const; // prettier-ignore

const ACTIVATIONS = Object.keys(ACTIVATION_CODES) as FusedActivation[];

export const convolutionSamples: readonly FusedSample<ConvolutionAttributes>[] = SIZES.map(
  ([x, [k, l, outputs], [top, bottom, left, right]], i) => {
    const filter = [k, l, x[3], outputs];
    const count = (shape: readonly number[]) => shape.reduce((a, b) => a * b);
    return {
      attributes: { activation: ACTIVATIONS[(i + 1) % ACTIVATIONS.length], padding: { top, bottom, left, right } },
      inputs: [
        { shape: x, values: waves(count(x), 1.2) },
        { shape: filter, values: waves(count(filter), 1.5 / (k * x[3]), 1) },
        { shape: [outputs], values: waves(outputs, 0.5, 2) },
      ],
    };
  },
);
