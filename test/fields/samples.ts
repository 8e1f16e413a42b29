import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { RandomStream, VectorField, type Config } from '../../src/index.js';

/** `f(t, z) = z Aᵀ`, whose Jacobian is the matrix `A` everywhere. */
export class LinearField extends VectorField {
  static override readonly className = 'LinearField';

  override readonly eventShape: number[];
  readonly #matrix: Tensor;

  constructor(readonly rows: number[][]) {
    super();
    this.eventShape = [rows.length];
    this.#matrix = this.weight('matrix', [rows.length, rows.length], rows.flat());
  }

  protected override velocity(_t: Tensor, z: Tensor): Tensor {
    return tf.matMul(z, this.#matrix, false, true);
  }

  override getConfig(): Config {
    return { rows: this.rows };
  }
}

/** Gives every parameter of a field normal noise, so that nothing is zero by chance of its start. */
export function shake(field: VectorField, scale = 0.3, seed = 'shake'): void {
  const stream = new RandomStream(seed);
  tf.tidy(() => {
    for (const { path, variable } of field.parameters) {
      const noise = stream.split(path).normalTensor(variable.shape);
      variable.assign(tf.add(variable, tf.mul(noise, scale)));
    }
  });
}
