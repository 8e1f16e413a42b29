import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { REALS, type Interval } from '../interval.js';
import { Module } from '../module.js';
import { alignContext, batchShapeOf, flattenBatch, restoreBatch, sizeOf, type Shape } from '../shapes.js';

/** The image of a point and the log-determinant of the map there. */
export type ValueAndLogDet = [value: Tensor, logDet: Tensor];

export { REALS, type Interval };

/**
 * An invertible, differentiable map with a tractable log-determinant.
 *
 * `forward` runs base → data (generation), `inverse` runs data → base (density). Inputs have shape
 * `[...batch, ...event]`; a log-determinant `log |det J|` has the batch shape and is in nats.
 *
 * A subclass writes only the mathematics: {@link Bijector.mapForward} and {@link Bijector.mapInverse} on a flat batch.
 * Shapes, contexts and memory are looked after here.
 */
export abstract class Bijector extends Module {
  /** Options of instances on which the contract suite tests the class. */
  static readonly samples: readonly (() => Bijector)[] = [];

  /** Event shape on the base side. */
  abstract readonly eventShapeIn: Shape;
  /** Event shape on the data side. */
  abstract readonly eventShapeOut: Shape;
  /** Shape of one context, or null for a map that takes none. */
  readonly contextShape: Shape | null = null;
  /** Where the coordinates of the base side may lie. */
  readonly domainIn: Interval = REALS;
  /** Where the coordinates of the data side lie. */
  readonly domainOut: Interval = REALS;

  /** `y = f(x)` and `log |det dy/dx|`, from `[batch, ...eventShapeIn]`. A scalar log-det stands for every row. */
  protected abstract mapForward(x: Tensor, context: Tensor | null): ValueAndLogDet;

  /** `x = f⁻¹(y)` and `log |det dx/dy|`, from `[batch, ...eventShapeOut]`. A scalar log-det stands for every row. */
  protected abstract mapInverse(y: Tensor, context: Tensor | null): ValueAndLogDet;

  /**
   * Sets data-dependent parameters from one batch on the data side, `[batch, ...eventShapeOut]`.
   * Maps without such parameters do nothing.
   */
  initialize(_data: Tensor, _context: Tensor | null = null): void {}

  /** Base → data. */
  forward(x: Tensor, context: Tensor | null = null): Tensor {
    return tf.tidy(() => this.run('forward', x, context)[0]);
  }

  /** Data → base. */
  inverse(y: Tensor, context: Tensor | null = null): Tensor {
    return tf.tidy(() => this.run('inverse', y, context)[0]);
  }

  /**
   * Base → data, with `log |det dy/dx|`.
   *
   * @throws FlowShapeError when `x` or `context` has another shape than the bijector was built for.
   */
  forwardAndLogDet(x: Tensor, context: Tensor | null = null): ValueAndLogDet {
    return tf.tidy(() => this.run('forward', x, context));
  }

  /**
   * Data → base, with `log |det dx/dy|`.
   *
   * @throws FlowShapeError when `y` or `context` has another shape than the bijector was built for.
   */
  inverseAndLogDet(y: Tensor, context: Tensor | null = null): ValueAndLogDet {
    return tf.tidy(() => this.run('inverse', y, context));
  }

  private run(direction: 'forward' | 'inverse', input: Tensor, context: Tensor | null): ValueAndLogDet {
    const forward = direction === 'forward';
    const where = `${this.className}.${direction}`;
    const [from, to] = forward ? [this.eventShapeIn, this.eventShapeOut] : [this.eventShapeOut, this.eventShapeIn];
    const batchShape = batchShapeOf(input, from, where, forward ? 'x' : 'y');
    const batch = sizeOf(batchShape);
    const aligned = alignContext(context, this.contextShape, batchShape, where);
    if (batch === 0) return [tf.zeros([...batchShape, ...to]), tf.zeros(batchShape)];
    const flat = flattenBatch(input, batchShape, from);
    const [value, logDet] = forward ? this.mapForward(flat, aligned) : this.mapInverse(flat, aligned);
    // Not by `broadcastTo`, whose gradient takes a slice a row.
    const rows = logDet.rank === 0 ? tf.add(tf.zeros([batch]), logDet) : logDet;
    const output = restoreBatch(value, batchShape, to);
    // The caller may dispose what it gets without losing what it gave.
    return [output === input ? tf.clone(output) : output, restoreBatch(rows, batchShape, [])];
  }
}
