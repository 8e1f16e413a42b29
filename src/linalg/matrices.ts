import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError, FlowShapeError } from '../errors.js';
import { formatShape, sameShape, sizeOf } from '../shapes.js';

/** A batch of square matrices with one batch axis, and the batch axes that it had. */
export interface Matrices {
  readonly batchShape: number[];
  readonly n: number;
  /** `[count, n, n]` */
  readonly flat: Tensor;
}

/**
 * Checks square matrices `[...batch, n, n]` and joins their batch axes.
 *
 * @throws FlowShapeError when the last two axes differ or are empty.
 * @throws FlowConfigError when the numbers are not float32.
 */
export function squareMatrices(a: Tensor, where: string, name = 'a'): Matrices {
  checkFloats(a, where, name);
  const [rows, n] = a.shape.slice(-2);
  if (a.rank < 2 || rows !== n || n === 0) {
    throw new FlowShapeError(where, {
      expected: `\`${name}\`: square matrices, [..., n, n]`,
      got: formatShape(a.shape),
    });
  }
  const batchShape = a.shape.slice(0, -2);
  return { batchShape, n, flat: tf.reshape(a, [sizeOf(batchShape), n, n]) };
}

/**
 * Checks the right-hand sides of systems of equations, `[...batch, n, k]` or, for one vector a system, `[...batch, n]`.
 *
 * @returns `[count, n, k]`
 * @throws FlowShapeError when they do not fit the matrices.
 * @throws FlowConfigError when the numbers are not float32.
 */
export function rightHandSides(b: Tensor, { batchShape, n }: Matrices, where: string): Tensor {
  checkFloats(b, where, 'b');
  const leading = [...batchShape, n];
  const isVector = sameShape(b.shape, leading);
  if (!isVector && !(b.rank === leading.length + 1 && sameShape(b.shape.slice(0, -1), leading))) {
    const wanted = [...leading, 'k'].join(', ');
    throw new FlowShapeError(where, {
      expected: `\`b\` of shape [${wanted}] or ${formatShape(leading)}`,
      got: formatShape(b.shape),
      hint: 'Both arguments need the same batch axes; repeat one of them where it is shared.',
    });
  }
  return tf.reshape(b, [sizeOf(batchShape), n, isVector ? 1 : b.shape[b.rank - 1]]);
}

/** @throws FlowConfigError when an option is not a boolean. */
export function checkFlags(flags: Readonly<Record<string, unknown>>, where: string): void {
  for (const [name, value] of Object.entries(flags)) {
    if (typeof value === 'boolean') continue;
    throw new FlowConfigError(where, { expected: `\`${name}\`: true or false`, got: String(value) });
  }
}

function checkFloats(x: Tensor, where: string, name: string): void {
  if (x.dtype === 'float32') return;
  throw new FlowConfigError(where, {
    expected: `\`${name}\`: float32 numbers`,
    got: x.dtype,
    hint: 'Convert it with tf.cast.',
  });
}
