import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowShapeError } from '../../errors.js';
import { Module } from '../../module.js';
import { batchShapeOf, flattenBatch, formatBatched, restoreBatch, sizeOf, type Shape } from '../../shapes.js';

/**
 * A network that stands before a conditional flow and turns what is known - measurements, a class, an image - into the
 * context that the layers of the flow take. It is trained, saved and loaded with the flow.
 */
export abstract class Embedding extends Module {
  /** Instances on which the contract suite tests the class. */
  static readonly samples: readonly (() => Embedding)[] = [];

  /** Shape of one context as the flow is given it. */
  abstract readonly contextShape: Shape;
  /** Shape of one context as the layers take it. */
  abstract readonly outputShape: Shape;

  /** `[batch, ...contextShape]` → `[batch, ...outputShape]`. */
  protected abstract network(context: Tensor): Tensor;

  /**
   * What the layers get to see.
   *
   * @param context `[...batch, ...contextShape]`; no batch axes for one context alone
   * @returns `[...batch, ...outputShape]`
   * @throws FlowShapeError when the context is missing or has another shape.
   */
  apply(context: Tensor | null, where = `${this.className}.apply`): Tensor {
    if (context === null) {
      throw new FlowShapeError(where, {
        expected: `context of shape ${formatBatched(this.contextShape)}`,
        got: 'none',
        hint: 'This object is conditional: pass `context`.',
      });
    }
    return tf.tidy(() => {
      const hint = 'One context must be as the embedding of the flow takes it.';
      const batchShape = batchShapeOf(context, this.contextShape, where, 'context', hint);
      if (sizeOf(batchShape) === 0) return tf.zeros([...batchShape, ...this.outputShape]);
      const flat = flattenBatch(context, batchShape, this.contextShape);
      return restoreBatch(this.network(flat), batchShape, this.outputShape);
    });
  }
}
