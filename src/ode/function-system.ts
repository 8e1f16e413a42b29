import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { FlowShapeError } from '../errors.js';
import { formatShape, sameShape, sizeOf, type Shape } from '../shapes.js';
import type { System } from './system.js';

/**
 * A right-hand side `dy/dt = f(t, y)` of a batch: rows do not depend on each other.
 *
 * `t` has as many axes as the first part of `y`, and length 1 along all of them but the first, which is 1 or the batch: it
 * broadcasts against `y`.
 */
export type RightHandSide<Y extends Tensor | Tensor[]> = (t: Tensor, y: Y, inputs: readonly Tensor[]) => Y;

/** A right-hand side on parts of any shapes, as a system on flat rows. */
export class FunctionSystem implements System {
  readonly width: number;
  readonly quadratures = 0;
  readonly totals = 0;
  readonly variables: readonly Variable[];
  readonly #f: RightHandSide<Tensor[]>;
  readonly #shapes: readonly Shape[];
  readonly #where: string;

  /** @param shapes of one row of each part */
  constructor(f: RightHandSide<Tensor[]>, shapes: readonly Shape[], variables: readonly Variable[], where: string) {
    this.#f = f;
    this.#shapes = shapes;
    this.variables = variables;
    this.#where = where;
    this.width = shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
  }

  derivative(t: Tensor, y: Tensor, inputs: readonly Tensor[]): Tensor[] {
    const time = tf.reshape(t, [t.shape[0], ...this.#shapes[0].map(() => 1)]);
    const parts = this.unpack(y);
    const slopes = this.#f(time, parts, inputs);
    if (slopes.length !== parts.length) {
      throw new FlowShapeError(this.#where, { expected: `f to give ${parts.length} parts`, got: `${slopes.length}` });
    }
    slopes.forEach((slope, i) => {
      if (sameShape(slope.shape, parts[i].shape)) return;
      throw new FlowShapeError(this.#where, {
        expected: `f to give what is like y, ${formatShape(parts[i].shape)}`,
        got: formatShape(slope.shape),
      });
    });
    return [this.pack(slopes)];
  }

  /** Parts as flat rows, `[rows, width]`. */
  pack(parts: readonly Tensor[]): Tensor {
    const flat = parts.map((part, i) => tf.reshape(part, [part.shape[0], sizeOf(this.#shapes[i])]));
    return flat.length === 1 ? flat[0] : tf.concat(flat, 1);
  }

  /** The opposite of {@link FunctionSystem.pack}. */
  unpack(y: Tensor): Tensor[] {
    const rows = y.shape[0];
    const sizes = this.#shapes.map(sizeOf);
    const parts = sizes.length === 1 ? [y] : tf.split(y, sizes, 1);
    return parts.map((part, i) => tf.reshape(part, [rows, ...this.#shapes[i]]));
  }
}
