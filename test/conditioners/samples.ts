import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { MaskedMLP, MaskedResidualNet, MLP, RandomStream, ResidualNet, type Conditioner } from '../../src/index.js';

/** Every conditioner that is built from dense layers. */
export const DENSE_CONDITIONERS = [MLP, ResidualNet, MaskedMLP, MaskedResidualNet] as const;

/** Random rows that a conditioner takes, with contexts when it takes them. */
export function randomInputs(net: Conditioner, batch: number, seed = 'inputs'): [Tensor, Tensor | null] {
  const stream = new RandomStream(seed);
  const x = stream.split('x').normalTensor([batch, net.inputs]);
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
