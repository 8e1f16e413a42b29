import * as tf from '@tensorflow/tfjs-core';
import { FlowShapeError } from '../../errors.js';
import { formatShape, sizeOf } from '../../shapes.js';
import { isNumericArray } from './rows.js';
import type { RowShapes } from './table.js';

/** Events and contexts, told apart but not yet read. */
export interface Unpacked {
  readonly x: unknown;
  readonly context: unknown;
  /** @throws FlowShapeError unless there is one context a row. */
  checkRows(x: Float32Array, context: Float32Array | null): void;
}

/**
 * Tells `{ x, context }` from plain rows.
 *
 * @throws FlowShapeError when a context is missing, or given to a model that takes none.
 */
export function unpack(data: unknown, { eventShape, contextShape }: RowShapes, where: string, name: string): Unpacked {
  const { x, context } = isPair(data) ? data : { x: data, context: null };
  const given = context !== undefined && context !== null;
  if (given !== (contextShape !== null)) {
    throw new FlowShapeError(where, {
      expected: contextShape ? `${name} as { x, context }, contexts of shape ${formatShape(contextShape)}` : 'no context', // prettier-ignore
      got: contextShape ? 'no context' : 'one',
      hint: contextShape ? 'The model is conditional.' : 'Build the model with `contextShape` to make it conditional.',
    });
  }
  return {
    x,
    context: given ? context : null,
    checkRows(values, contexts) {
      if (contexts === null) return;
      const [rows, others] = [values.length / sizeOf(eventShape), contexts.length / sizeOf(contextShape!)];
      if (rows === others) return;
      throw new FlowShapeError(where, {
        expected: `one context for each of ${rows} rows of ${name}`,
        got: `${others}`,
      });
    },
  };
}

function isPair(data: unknown): data is { x: unknown; context?: unknown } {
  if (typeof data !== 'object' || data === null) return false;
  return 'x' in data && !(data instanceof tf.Tensor) && !Array.isArray(data) && !isNumericArray(data);
}
