import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { REALS, type Interval } from '../interval.js';
import { Module } from '../module.js';
import { alignContext, batchShapeOf, flattenBatch, restoreBatch, sizeOf, type Shape } from '../shapes.js';
import type { UnitVectors } from '../unit-vectors.js';

/** The image of a point and the log-determinant of the map there. */
export type ValueAndLogDet = [value: Tensor, logDet: Tensor];

export { REALS, type Interval };

/**
 * An invertible, differentiable map with a tractable log-determinant.
 *
 * `forward` runs base → data (generation), `inverse` runs data → base (density). Inputs have shape
 * `[...batch, ...event]`; a log-determinant `log |det J|` has the batch shape and is in nats. Where coordinates are a unit vector,
 * it is that of the map between tangent spaces: volumes are measured on the sphere.
 *
 * A subclass writes only the mathematics: {@link Bijector.mapForward} and {@link Bijector.mapInverse} on a flat batch, and
 * where the log-determinant can be saved {@link Bijector.valueForward} and {@link Bijector.valueInverse}. Shapes, contexts
 * and memory are looked after here.
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
  /** Coordinates of the base side that are a unit vector, or null. */
  readonly unitVectorsIn: UnitVectors | null = null;
  /** Coordinates of the data side that are a unit vector, or null. */
  readonly unitVectorsOut: UnitVectors | null = null;

  /** `y = f(x)` and `log |det dy/dx|`, from `[batch, ...eventShapeIn]`. A scalar log-det stands for every row. */
  protected abstract mapForward(x: Tensor, context: Tensor | null): ValueAndLogDet;

  /** `x = f⁻¹(y)` and `log |det dx/dy|`, from `[batch, ...eventShapeOut]`. A scalar log-det stands for every row. */
  protected abstract mapInverse(y: Tensor, context: Tensor | null): ValueAndLogDet;

  /** `f(x)` for those who do not ask for the log-determinant; a map to which that costs extra saves it here. */
  protected valueForward(x: Tensor, context: Tensor | null): Tensor {
    return this.mapForward(x, context)[0];
  }

  /** `f⁻¹(y)` without log-determinant. */
  protected valueInverse(y: Tensor, context: Tensor | null): Tensor {
    return this.mapInverse(y, context)[0];
  }

  /**
   * Sets data-dependent parameters from one batch on the data side, `[batch, ...eventShapeOut]`.
   * Maps without such parameters do nothing.
   */
  initialize(_data: Tensor, _context: Tensor | null = null): void {}

  /**
   * Base → data.
   *
   * @throws FlowShapeError when `x` or `context` has another shape than the bijector was built for.
   */
  forward(x: Tensor, context: Tensor | null = null): Tensor {
    return this.runAlone('forward', x, context);
  }

  /**
   * Data → base.
   *
   * @throws FlowShapeError when `y` or `context` has another shape than the bijector was built for.
   */
  inverse(y: Tensor, context: Tensor | null = null): Tensor {
    return this.runAlone('inverse', y, context);
  }

  /**
   * Base → data, with `log |det dy/dx|`.
   *
   * @throws FlowShapeError when `x` or `context` has another shape than the bijector was built for.
   */
  forwardAndLogDet(x: Tensor, context: Tensor | null = null): ValueAndLogDet {
    return this.run('forward', x, context);
  }

  /**
   * Data → base, with `log |det dx/dy|`.
   *
   * @throws FlowShapeError when `y` or `context` has another shape than the bijector was built for.
   */
  inverseAndLogDet(y: Tensor, context: Tensor | null = null): ValueAndLogDet {
    return this.run('inverse', y, context);
  }

  private run(direction: Direction, input: Tensor, context: Tensor | null): ValueAndLogDet {
    return tf.tidy(() => {
      const { batchShape, aligned, from, to } = this.check(direction, input, context);
      const batch = sizeOf(batchShape);
      if (batch === 0) return [tf.zeros([...batchShape, ...to]), tf.zeros(batchShape)];
      const flat = flattenBatch(input, batchShape, from);
      const [value, logDet] = direction === 'forward' ? this.mapForward(flat, aligned) : this.mapInverse(flat, aligned);
      // Not by `broadcastTo`, whose gradient takes a slice a row.
      const rows = logDet.rank === 0 ? tf.add(tf.zeros([batch]), logDet) : logDet;
      return [asOwn(restoreBatch(value, batchShape, to), input), restoreBatch(rows, batchShape, [])];
    });
  }

  private runAlone(direction: Direction, input: Tensor, context: Tensor | null): Tensor {
    return tf.tidy(() => {
      const { batchShape, aligned, from, to } = this.check(direction, input, context);
      if (sizeOf(batchShape) === 0) return tf.zeros([...batchShape, ...to]);
      const flat = flattenBatch(input, batchShape, from);
      const value = direction === 'forward' ? this.valueForward(flat, aligned) : this.valueInverse(flat, aligned);
      return asOwn(restoreBatch(value, batchShape, to), input);
    });
  }

  /** What a batch of inputs looks like, and its contexts row by row. */
  private check(direction: Direction, input: Tensor, context: Tensor | null) {
    const where = `${this.className}.${direction}`;
    const shapes = [this.eventShapeIn, this.eventShapeOut];
    const [from, to] = direction === 'forward' ? shapes : shapes.reverse();
    const batchShape = batchShapeOf(input, from, where, direction === 'forward' ? 'x' : 'y');
    return { batchShape, aligned: alignContext(context, this.contextShape, batchShape, where), from, to };
  }
}

type Direction = 'forward' | 'inverse';

/** The caller may dispose what it gets without losing what it gave. */
function asOwn(output: Tensor, input: Tensor): Tensor {
  return output === input ? tf.clone(output) : output;
}
