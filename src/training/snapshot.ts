import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';

/**
 * Values of variables at one moment. TF.js gives a variable new data when it is assigned and never writes into the old,
 * so holding on to the old is enough.
 */
export class Snapshot {
  readonly variables: readonly Variable[];
  readonly #values: readonly Tensor[];
  /** Names of the data at that moment; some backends copy when they clone. */
  readonly #data: readonly object[];

  constructor(variables: readonly Variable[]) {
    this.variables = variables;
    this.#values = variables.map((variable) => tf.clone(variable as Tensor));
    this.#data = variables.map(({ dataId }) => dataId);
  }

  /** The values, in the order of the variables. They belong to the snapshot. */
  get values(): readonly Tensor[] {
    return this.#values;
  }

  /** The variables assigned since the snapshot was taken. */
  get changed(): Variable[] {
    return this.variables.filter((variable, i) => variable.dataId !== this.#data[i]);
  }

  /** Gives the variables their values back. */
  restore(): void {
    this.variables.forEach((variable, i) => variable.assign(this.#values[i]));
  }

  dispose(): void {
    tf.dispose(this.#values as Tensor[]);
  }
}
