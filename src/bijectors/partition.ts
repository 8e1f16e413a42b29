import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { FlowConfigError } from '../errors.js';
import { takeAlong } from '../kernels/columns/op.js';

const USE_ELEMENTWISE = 'Use `Elementwise` to transform all coordinates independently of each other.';

/**
 * The entries along one axis in two groups, those that a coupling layer transforms and those that it keeps. A group of
 * neighbours is a slice, and two of them are put together again by one `concat`.
 */
export class Partition {
  /** Entries for which the mask is true. */
  readonly transformed: readonly number[];
  readonly kept: readonly number[];
  readonly #axis: number;
  /** Whether the kept entries are put before the transformed ones. */
  readonly #keptFirst: boolean;
  /** Where each entry stands after the two groups have been put side by side. */
  readonly #order: readonly number[];

  /**
   * @param mask one entry a coordinate along the axis, true where it is transformed
   * @throws FlowConfigError for a mask that transforms or keeps nothing
   */
  constructor(where: string, mask: readonly boolean[], axis: number, hint = USE_ELEMENTWISE) {
    const entries = mask.map((_, i) => i);
    this.transformed = entries.filter((i) => mask[i]);
    this.kept = entries.filter((i) => !mask[i]);
    if (this.transformed.length === 0 || this.kept.length === 0) {
      throw new FlowConfigError(where, {
        expected: 'a mask that transforms some coordinates and keeps some',
        got: `[${mask.join(', ')}]`,
        hint,
      });
    }
    // Put so, they may be in order already.
    this.#keptFirst = this.kept[0] < this.transformed[0];
    const sideBySide = this.#keptFirst ? [...this.kept, ...this.transformed] : [...this.transformed, ...this.kept];
    const places = Array<number>(mask.length);
    sideBySide.forEach((entry, place) => (places[entry] = place));
    this.#order = places;
    this.#axis = axis;
  }

  takeTransformed(x: Tensor): Tensor {
    return takeAlong(x, this.transformed, this.#axis);
  }

  takeKept(x: Tensor): Tensor {
    return takeAlong(x, this.kept, this.#axis);
  }

  /** The two groups, each entry back in its place. */
  join(kept: Tensor, transformed: Tensor): Tensor {
    const groups = this.#keptFirst ? [kept, transformed] : [transformed, kept];
    return takeAlong(tf.concat(groups, this.#axis), this.#order, this.#axis);
  }
}
