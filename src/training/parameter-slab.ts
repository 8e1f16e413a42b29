import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Variable } from '@tensorflow/tfjs-core';
import type { Parameter } from '../module.js';

/**
 * The trainable parameters of a model as one flat vector, in the order of their paths in the model.
 *
 * An optimizer then runs a handful of kernels a step, however many variables the model has, and so do gradient
 * clipping and averaging.
 */
export class ParameterSlab {
  readonly parameters: readonly Parameter[];
  readonly variables: readonly Variable[];
  /** Number of scalars. */
  readonly size: number;

  constructor(parameters: readonly Parameter[]) {
    this.parameters = parameters;
    this.variables = parameters.map(({ variable }) => variable);
    this.size = this.variables.reduce((sum, variable) => sum + variable.size, 0);
  }

  /** A copy of all parameters, `[size]`. */
  read(): Tensor1D {
    return this.flatten(this.variables);
  }

  /** Sets all parameters from a vector `[size]`. */
  write(slab: Tensor1D): void {
    tf.tidy(() => {
      const pieces = this.split(slab);
      this.variables.forEach((variable, i) => variable.assign(pieces[i]));
    });
  }

  /** Lays one tensor a parameter out as `[size]`; a missing one, such as the gradient of an unused one, is zero. */
  flatten(tensors: readonly (Tensor | null | undefined)[]): Tensor1D {
    return tf.tidy(() => {
      const pieces = this.variables.map(({ size }, i) => {
        const tensor = tensors[i];
        return tensor ? tf.reshape(tensor, [size]) : tf.zeros([size]);
      });
      return pieces.length === 1 ? tf.clone(pieces[0]) : tf.concat(pieces);
    }) as Tensor1D;
  }

  /** The opposite of {@link flatten}. */
  split(slab: Tensor1D): Tensor[] {
    return tf.tidy(() => {
      const sizes = this.variables.map(({ size }) => size);
      const pieces = sizes.length === 1 ? [tf.clone(slab)] : tf.split(slab, sizes);
      return pieces.map((piece, i) => tf.reshape(piece, this.variables[i].shape));
    });
  }
}
