import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { FlowShapeError } from './errors.js';

/** Shape of a tensor, outermost axis first. */
export type Shape = readonly number[];

/** Number of elements of a tensor of this shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Whether two shapes agree in rank and in every length. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** `[64, 3]`, as error messages print it. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/**
 * Splits the shape of `x` into leading batch axes and the trailing event axes.
 *
 * @throws FlowShapeError when `x` does not end with `eventShape`.
 */
export function batchShapeOf(x: Tensor, eventShape: Shape, where: string, name: string, hint?: string): number[] {
  const split = x.shape.length - eventShape.length;
  if (split < 0 || !sameShape(x.shape.slice(split), eventShape)) {
    throw new FlowShapeError(where, {
      expected: `${name} of shape ${formatBatched(eventShape)}`,
      got: formatShape(x.shape),
      hint: hint ?? 'The event shape is fixed when the object is built; rebuild it or reshape the input.',
    });
  }
  return x.shape.slice(0, split);
}

/** `[..., 2]`: any batch axes, then the event axes. */
export function formatBatched(eventShape: Shape): string {
  return `[${['...', ...eventShape].join(', ')}]`;
}

/** `x` as `[batch, ...eventShape]`, whatever its leading axes were, in float32, for which our kernels take all they get. */
export function flattenBatch(x: Tensor, batchShape: Shape, eventShape: Shape): Tensor {
  const numbers = x.dtype === 'float32' ? x : tf.cast(x, 'float32');
  return batchShape.length === 1 ? numbers : tf.reshape(numbers, [sizeOf(batchShape), ...eventShape]);
}

/** Gives the leading axes back to a tensor whose batch was flattened. */
export function restoreBatch(y: Tensor, batchShape: Shape, eventShape: Shape): Tensor {
  return batchShape.length === 1 ? y : tf.reshape(y, [...batchShape, ...eventShape]);
}

/**
 * Brings a context to one row a batch element: `[...contextShape]` is repeated, `[...batch, ...contextShape]`
 * is flattened. Whole numbers, such as one-hot classes, become float32.
 *
 * @throws FlowShapeError when a context is missing, not wanted, or of another shape.
 */
export function alignContext(
  context: Tensor | null,
  contextShape: Shape | null,
  batchShape: Shape,
  where: string,
): Tensor | null {
  if (contextShape === null) {
    if (context === null) return null;
    throw new FlowShapeError(where, {
      expected: 'no context',
      got: `a context of shape ${formatShape(context.shape)}`,
      hint: 'Build it with `contextShape` to make it conditional.',
    });
  }
  const wanted = `context of shape ${formatShape(contextShape)} or ${formatShape([...batchShape, ...contextShape])}`;
  if (context === null) {
    throw new FlowShapeError(where, {
      expected: wanted,
      got: 'none',
      hint: 'This object is conditional: pass `context`.',
    });
  }
  const batch = sizeOf(batchShape);
  if (sameShape(context.shape, contextShape)) {
    return tf.add(tf.zeros([batch, ...contextShape]), context);
  }
  if (!sameShape(context.shape, [...batchShape, ...contextShape])) {
    throw new FlowShapeError(where, { expected: wanted, got: formatShape(context.shape) });
  }
  return flattenBatch(context, batchShape, contextShape);
}

/** The context shape that all conditional members agree on, or null when there is none. */
export function commonContextShape(
  where: string,
  members: readonly { className: string; contextShape: Shape | null }[],
): Shape | null {
  const conditional = members.filter((member) => member.contextShape !== null);
  const shape = conditional[0]?.contextShape ?? null;
  for (const member of conditional) {
    if (!sameShape(member.contextShape!, shape!)) {
      throw new FlowShapeError(where, {
        expected: `one context shape for all members, ${formatShape(shape!)} as the first conditional one has`,
        got: `${formatShape(member.contextShape!)} for ${member.className}`,
      });
    }
  }
  return shape;
}
