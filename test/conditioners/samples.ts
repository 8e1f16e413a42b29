import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import {
  ConvNet,
  MaskedMLP,
  MaskedResidualNet,
  MLP,
  RandomStream,
  ResidualConvNet,
  ResidualNet,
  type Conditioner,
  type Shape,
} from '../../src/index.js';

/** Every conditioner that is built from dense layers. */
export const DENSE_CONDITIONERS = [MLP, ResidualNet, MaskedMLP, MaskedResidualNet] as const;

/** Every conditioner that is built from convolutions. */
export const CONVOLUTIONAL_CONDITIONERS = [ConvNet, ResidualConvNet] as const;

/** All of them, with the axes between the batch and the channels of what they are tested on. */
export const CONDITIONERS: readonly { readonly Class: SampledConditioner; readonly positions: Shape }[] = [
  ...DENSE_CONDITIONERS.map((Class) => ({ Class, positions: [] })),
  ...CONVOLUTIONAL_CONDITIONERS.map((Class) => ({ Class, positions: [3, 4] })),
];

/** A concrete class of conditioners. */
type SampledConditioner = (new (options: never) => Conditioner) & {
  readonly className: string;
  readonly samples: readonly (() => Conditioner)[];
};

/** Random rows that a conditioner takes, with contexts when it takes them. */
export function randomInputs(
  net: Conditioner,
  batch: number,
  positions: Shape = [],
): [x: Tensor, context: Tensor | null] {
  const stream = new RandomStream('inputs');
  const x = stream.split('x').normalTensor([batch, ...positions, net.inputs]);
  return [x, net.contextShape && stream.split('context').normalTensor([batch, ...net.contextShape])];
}

/** `∂ output / ∂ x` at one row, `[outputs][inputs]`. */
export function jacobian(net: Conditioner, x: Tensor, context: Tensor | null = null): number[][] {
  return tf.tidy(() =>
    Array.from({ length: net.outputs }, (_, output) => {
      const entry = (input: Tensor) => tf.sum(tf.slice(net.apply(input, context), [0, output], [1, 1]));
      return [...tf.grad(entry)(x).dataSync()];
    }),
  );
}
