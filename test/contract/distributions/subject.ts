import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution, Shape } from '../../../src/index.js';
import { sizeOf } from '../../../src/shapes.js';
import { numbersFrom } from '../expect.js';

/** A distribution away from its start, with a context if it wants one. */
export interface Subject {
  readonly distribution: Distribution;
  readonly context: Tensor | null;
  /** Builds the same again. */
  readonly rebuild: () => Distribution;
}

/** `[...batch, ...eventShape]`, drawn from the distribution. */
export function eventsOf({ distribution, context }: Subject, batch: Shape, seed = 'events'): Tensor {
  return tf.reshape(distribution.sample(sizeOf(batch), { seed, context }), [...batch, ...distribution.eventShape]);
}

/** `[...batch, ...contextShape]`, the one context again and again. */
export function repeated(context: Tensor | null, batch: Shape): Tensor | null {
  return context && tf.add(tf.zeros([...batch, ...context.shape]), context);
}

export async function drawEvents({ distribution, context }: Subject, seed: string): Promise<number[][]> {
  const dims = sizeOf(distribution.eventShape);
  const numbers = await numbersFrom(() => distribution.sample(4000, { seed, context }));
  return Array.from({ length: 4000 }, (_, i) => numbers.slice(i * dims, (i + 1) * dims));
}

export function namesOf(distribution: Distribution): string[] {
  return distribution.parameters.filter(({ trainable }) => trainable).map(({ path }) => path);
}
