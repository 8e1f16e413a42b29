import * as tf from '@tensorflow/tfjs-core';
import { Affine, Chain, Invert, Permute, type Bijector } from '../../src/index.js';

/** One property of one instance; throws when it does not hold. */
export interface Check {
  readonly name: string;
  run(): void | Promise<void>;
}

/** Properties of all bijectors, free of any test framework so that they run in a browser too. */
export function bijectorChecks(): Check[] {
  return [Affine, Chain, Invert, Permute].flatMap((Class: { readonly samples: readonly (() => Bijector)[] }) =>
    Class.samples.map((make, i) => ({ name: `${make().className} ${i}: round trip`, run: () => roundTrip(make()) })),
  );
}

async function roundTrip(bijector: Bijector): Promise<void> {
  const x = tf.ones([2, ...bijector.eventShapeIn]);
  const there = bijector.forward(x);
  const back = bijector.inverse(there);
  const numbers = await back.data();
  tf.dispose([x, there, back]);
  bijector.dispose();
  if (!numbers.every((value) => Math.abs(value - 1) < 1e-5)) throw new Error(`round trip gave ${numbers.join(', ')}`);
}
