import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowShapeError } from '../../../src/errors.js';
import { formatShape, sizeOf } from '../../../src/shapes.js';
import { ensure, ensureClose, ensureThrows } from '../check.js';
import { nearly, read } from '../numerics.js';
import { DIRECTIONS, type Subject } from './subject.js';

export async function takesBatches(subject: Subject): Promise<void> {
  subject.perturb(0.3);
  const { bijector } = subject;
  for (const direction of DIRECTIONS) {
    for (const batchShape of [[], [0], [1], [7], [2, 3]]) {
      const what = `${direction} of a batch ${formatShape(batchShape)}`;
      const batch = sizeOf(batchShape);
      const rows = subject.draw(direction, batch, 'batch');
      const input = tf.tensor(rows, [...batchShape, ...subject.shapeBefore(direction)], 'float32');
      const contexts = subject.context && [subject.context, repeated(subject.context, batchShape)];
      for (const context of contexts ?? [null]) {
        const [value, logDet] = subject.map(direction, input, context);
        const alone = bijector[direction](input, context);
        const shape = [...batchShape, ...subject.shapeAfter(direction)];
        ensure(formatShape(value.shape) === formatShape(shape), `${what}: a value of ${formatShape(value.shape)}`);
        ensure(
          formatShape(logDet.shape) === formatShape(batchShape),
          `${what}: a log-det of ${formatShape(logDet.shape)}`,
        );
        ensure(value.dtype === 'float32' && logDet.dtype === 'float32', `${what}: not float32`);
        const values = await read(value);
        const logDets = await read(logDet);
        ensureClose(`${what} without log-det`, await read(alone), values, nearly);
        for (let b = 0; b < batch; b++) {
          const [width, widthAfter] = [rows.length / batch, values.length / batch];
          const single = await subject.apply(direction, rows.slice(b * width, (b + 1) * width));
          ensureClose(`${what}, row ${b}`, values.slice(b * widthAfter, (b + 1) * widthAfter), single.value, nearly);
          ensureClose(`${what}, log-det ${b}`, [logDets[b]], single.logDet, nearly);
        }
      }
      if (contexts) contexts[1].dispose();
      input.dispose();
    }
  }
}

export function refusesShapes(subject: Subject): void {
  const { bijector } = subject;
  for (const direction of DIRECTIONS) {
    const event = subject.shapeBefore(direction);
    const wrong = event.length === 0 ? [] : [[2, ...event.slice(0, -1), event.at(-1)! + 1], event.slice(1)];
    const context = subject.context;
    for (const shape of wrong) {
      const input = tf.zeros([...shape]);
      for (const method of [direction, `${direction}AndLogDet`] as const) {
        ensureThrows(`${method} of ${formatShape(shape)}`, FlowShapeError, () => bijector[method](input, context));
      }
      input.dispose();
    }
    const input = subject.tensor(direction, subject.draw(direction, 2));
    const contextShape = bijector.contextShape;
    const other = tf.zeros(contextShape ? [...contextShape.slice(0, -1), contextShape.at(-1)! + 1] : [1]);
    ensureThrows(`${direction} with a wrong context`, FlowShapeError, () => bijector[direction](input, other));
    if (contextShape) {
      ensureThrows(`${direction} without a context`, FlowShapeError, () => bijector[direction](input));
    }
    tf.dispose([input, other]);
  }
}

/** One context for every row of a batch. */
function repeated(context: Tensor, batchShape: readonly number[]): Tensor {
  return tf.tidy(() => tf.add(tf.zeros([...batchShape, ...context.shape]), context));
}
