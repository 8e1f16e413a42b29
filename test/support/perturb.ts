import * as tf from '@tensorflow/tfjs-core';
import { RandomStream, type Module, type Seed } from '../../src/index.js';

/** Moves every trainable parameter by normal noise, so that nothing is tested at its start alone. */
export function perturb(module: Module, seed: Seed, scale = 0.3): void {
  const stream = RandomStream.from(seed).split('perturb');
  tf.tidy(() => {
    for (const variable of module.trainableVariables) {
      variable.assign(tf.add(variable, tf.mul(stream.normalTensor(variable.shape), scale)));
    }
  });
}
