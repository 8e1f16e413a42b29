import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { VectorField, type Config, type Shape } from '../../src/index.js';

/** `f(t, z) = compute(t, z)`, with nothing to train but a number that scales it. */
export class FormulaField extends VectorField {
  static override readonly className = 'FormulaField';
  override readonly eventShape: Shape;
  override readonly contextShape: Shape | null;
  readonly #compute: (t: Tensor, z: Tensor, context: Tensor | null) => Tensor;
  readonly #factor = this.weight('factor', [], [1]);

  constructor(
    eventShape: Shape,
    compute: (t: Tensor, z: Tensor, context: Tensor | null) => Tensor,
    contextShape: Shape | null = null,
  ) {
    super();
    this.eventShape = eventShape;
    this.contextShape = contextShape;
    this.#compute = compute;
  }

  protected override velocity(t: Tensor, z: Tensor, context: Tensor | null): Tensor {
    return tf.mul(this.#compute(t, z, context), this.#factor);
  }

  override getConfig(): Config {
    return {};
  }
}
