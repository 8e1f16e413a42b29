import { ACTIVATION_CODES, type FusedActivation } from '../dense/fused-activation.js';
import type { FusedSample } from '../fused/op.js';
import { waves } from '../fused/waves.js';
import type { DualDenseAttributes } from './spec.js';

const ACTIVATIONS = Object.keys(ACTIVATION_CODES) as FusedActivation[];

/**
 * Every activation with none to three directions, shifts of either form; sizes below, at and above those that kernels
 * work in. A curved activation is among the first three, which the self-test runs.
 */
export const dualDenseSamples: readonly FusedSample<DualDenseAttributes>[] = [
  sample('tanh', 6, 3, 5, 13, false),
  sample('sigmoid', 5, 4, 8, 7, true),
  ...ACTIVATIONS.map((activation, i) => sample(activation, 5 + i, 1 + (i % 4), 3 + 2 * i, 4 + 3 * i, i % 2 === 1)),
];

function sample(
  activation: FusedActivation,
  batch: number,
  entries: number,
  inputs: number,
  outputs: number,
  shiftPerRow: boolean,
): FusedSample<DualDenseAttributes> {
  const shiftRows = shiftPerRow ? batch : 1;
  return {
    attributes: { activation, shiftPerRow },
    inputs: [
      { shape: [batch, entries, inputs], values: waves(batch * entries * inputs, 1.2) },
      { shape: [inputs, outputs], values: waves(inputs * outputs, 0.8, 1) },
      { shape: [shiftRows, outputs], values: waves(shiftRows * outputs, 0.5, 2) },
    ],
  };
}
