import type { FusedSample } from '../fused/op.js';
import { waves } from '../fused/waves.js';
import { ACTIVATION_CODES, type FusedActivation } from './fused-activation.js';
import type { DenseAttributes } from './spec.js';

const ACTIVATIONS = Object.keys(ACTIVATION_CODES) as FusedActivation[];

/** Every activation; sizes below, at and above those that kernels work in. */
export const denseSamples: readonly FusedSample<DenseAttributes>[] = ACTIVATIONS.map((activation, i) =>
  sample(activation, 5 + i, 3 + 2 * i, 4 + 3 * i),
);

/** The same behind a triangular mask. */
export const maskedDenseSamples: readonly FusedSample<DenseAttributes>[] = denseSamples.map(
  ({ attributes, inputs }) => {
    const [rows, columns] = inputs[1].shape;
    const triangle = Array.from({ length: rows * columns }, (_, i) => (i % columns >= Math.floor(i / columns) ? 1 : 0));
    return { attributes, inputs: [...inputs, { shape: [rows, columns], values: triangle }] };
  },
);

function sample(
  activation: FusedActivation,
  batch: number,
  inputs: number,
  outputs: number,
): FusedSample<DenseAttributes> {
  return {
    attributes: { activation },
    inputs: [
      { shape: [batch, inputs], values: waves(batch * inputs, 1.2) },
      { shape: [inputs, outputs], values: waves(inputs * outputs, 0.8, 1) },
      { shape: [outputs], values: waves(outputs, 0.5, 2) },
    ],
  };
}
