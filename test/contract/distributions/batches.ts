import * as tf from '@tensorflow/tfjs-core';
import type { Shape } from '../../../src/index.js';
import { expectClose, expectSame, listsFrom, numbersFrom } from '../expect.js';
import { eventsOf, repeated, type Subject } from './subject.js';

export function shapesFollowTheBatch(subject: Subject): void {
  const { distribution, context } = subject;
  const batches: Shape[] = [[], [0], [1], [5], [2, 3]];
  tf.tidy(() => {
    for (const batch of batches) {
      const x = eventsOf(subject, batch);
      for (const given of [context, repeated(context, batch)]) {
        expectSame(
          distribution.logProb(x, { context: given }).shape,
          batch,
          `shape of logProb for batch [${batch.join()}]`,
        );
      }
    }
    for (const n of [0, 1, 5]) {
      const shape = [n, ...distribution.eventShape];
      for (const given of [context, repeated(context, [n])]) {
        const options = { seed: 1, context: given };
        const [x, logProb] = distribution.sampleAndLogProb(n, options);
        expectSame(distribution.sample(n, options).shape, shape, 'shape of sample');
        expectSame([x.shape, logProb.shape, x.dtype], [shape, [n], 'float32'], 'shapes of sampleAndLogProb');
        if (distribution.reparameterised) {
          expectSame(distribution.rsample(n, options).shape, shape, 'shape of rsample');
        }
      }
    }
  });
}

export async function rowsAreIndependent(subject: Subject): Promise<void> {
  const { distribution, context } = subject;
  const [single, listed, square, drawn, logProb] = await listsFrom(() => {
    const x = eventsOf(subject, [6]);
    const rows = tf.unstack(x).map((row) => distribution.logProb(row, { context }));
    const reshaped = tf.reshape(x, [2, 3, ...distribution.eventShape]);
    return [
      tf.stack(rows),
      distribution.logProb(x, { context: repeated(context, [6]) }),
      distribution.logProb(reshaped, { context: repeated(context, [2, 3]) }),
      ...distribution.sampleAndLogProb(6, { seed: 'events', context }),
    ];
  });
  expectClose(listed, single, 1e-6, 'logProb of a list of events');
  expectClose(square, single, 1e-6, 'logProb of a square of events');
  expectClose(logProb, single, 1e-6, 'log density of sampleAndLogProb');
  expectClose(drawn, await numbersFrom(() => eventsOf(subject, [6])), 0, 'draws of sampleAndLogProb');
}
