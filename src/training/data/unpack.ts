import * as tf from '@tensorflow/tfjs-core';
import { FlowShapeError } from '../../errors.js';
import { formatShape, sizeOf, type Shape } from '../../shapes.js';
import { isNumericArray } from './rows.js';
import type { RowShapes } from './table.js';

/** Events, contexts and targets, told apart but not yet read. */
export interface Unpacked {
  readonly x: unknown;
  readonly context: unknown;
  readonly targets: unknown;
  /** @throws FlowShapeError unless there is one context and one target a row. */
  checkRows(x: Float32Array, context: Float32Array | null, targets: Float32Array | null): void;
}

/**
 * Tells `{ x, context, targets }` from plain rows.
 *
 * @throws FlowShapeError when a context is missing, or given to a model that takes none; and likewise targets, which it is
 * the objective that takes.
 */
export function unpack(data: unknown, shapes: RowShapes, where: string, name: string): Unpacked {
  const { eventShape, contextShape, targetShape = null } = shapes;
  const { x, context, targets } = isPair(data) ? data : { x: data };
  const given = context !== undefined && context !== null;
  const aimed = targets !== undefined && targets !== null;
  if (given !== (contextShape !== null)) {
    throw new FlowShapeError(where, {
      expected: contextShape ? `${name} as { x, context }, contexts of shape ${formatShape(contextShape)}` : 'no context', // prettier-ignore
      got: contextShape ? 'no context' : 'one',
      hint: contextShape ? 'The model is conditional.' : 'Build the model with `contextShape` to make it conditional.',
    });
  }
  if (aimed !== (targetShape !== null)) {
    throw new FlowShapeError(where, {
      expected: targetShape ? `${name} as { x, targets }, targets of shape ${formatShape(targetShape)}` : 'no targets',
      got: targetShape ? 'no targets' : 'some',
      hint: targetShape ? 'The objective compares each row with one.' : 'The objective has no use for them.',
    });
  }
  return {
    x,
    context: given ? context : null,
    targets: aimed ? targets : null,
    checkRows(values, contexts, targets) {
      const rows = values.length / sizeOf(eventShape);
      const check = (what: string, others: Float32Array | null, shape: Shape | null) => {
        const count = others && others.length / sizeOf(shape!);
        if (count === null || count === rows) return;
        throw new FlowShapeError(where, {
          expected: `one ${what} for each of ${rows} rows of ${name}`,
          got: `${count}`,
        });
      };
      check('context', contexts, contextShape);
      check('target', targets, targetShape);
    },
  };
}

function isPair(data: unknown): data is { x: unknown; context?: unknown; targets?: unknown } {
  if (typeof data !== 'object' || data === null) return false;
  return 'x' in data && !(data instanceof tf.Tensor) && !Array.isArray(data) && !isNumericArray(data);
}
