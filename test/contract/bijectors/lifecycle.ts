import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { ensureClose } from '../check.js';
import { ensureTidy, rebuilt } from '../lifecycle.js';
import { read } from '../numerics.js';
import { DIRECTIONS, type Subject } from './subject.js';

export async function rebuilds(subject: Subject): Promise<void> {
  subject.perturb(0.3);
  using copy = await rebuilt(subject.bijector, subject.Class);
  for (const direction of DIRECTIONS) {
    const rows = subject.draw(direction, 5);
    const input = subject.tensor(direction, rows);
    const original = await subject.apply(direction, rows);
    const [value, logDet] = copy[`${direction}AndLogDet`](input, subject.context);
    input.dispose();
    ensureClose(`${direction} of the copy`, await read(value), original.value, () => 0);
    ensureClose(`log-det of ${direction} of the copy`, await read(logDet), original.logDet, () => 0);
  }
}

export function frees(subject: Subject): void {
  const { context } = subject;
  const input = DIRECTIONS.map((direction) => subject.tensor(direction, subject.draw(direction, 4)));
  ensureTidy(subject.make, input, (bijector) => {
    const calls: Record<string, () => Tensor[]> = {};
    DIRECTIONS.forEach((direction, i) => {
      calls[direction] = () => [bijector[direction](input[i], context)];
      calls[`${direction}AndLogDet`] = () => bijector[`${direction}AndLogDet`](input[i], context);
    });
    calls.initialize = () => (bijector.initialize(input[1], context), []);
    calls.getConfig = () => (bijector.getConfig(), []);
    return calls;
  });
  tf.dispose(input);
}
