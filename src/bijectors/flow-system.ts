import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Rate, VectorField } from '../fields/vector-field.js';
import type { System } from '../ode/system.js';
import { sizeOf } from '../shapes.js';

/** What a solve along a vector field integrates, beside the points, and what it is given. */
export interface FlowSystemOptions {
  readonly rates: readonly Rate[];
  /** Whether the first input is a context. */
  readonly context: boolean;
  /** Whether the last input holds probes for estimates of the divergence. */
  readonly probes: boolean;
}

/** `dz/dt = f(t, z)` on points laid flat, with one quadrature a rate. */
export class FlowSystem implements System {
  readonly width: number;
  readonly quadratures: number;
  readonly totals = 0;
  readonly variables: readonly Variable[];
  readonly #field: VectorField;
  readonly #options: FlowSystemOptions;

  constructor(field: VectorField, options: FlowSystemOptions) {
    this.#field = field;
    this.#options = options;
    this.width = sizeOf(field.eventShape);
    this.quadratures = options.rates.length;
    this.variables = field.parameters.map(({ variable }) => variable);
  }

  derivative(t: Tensor, z: Tensor, inputs: readonly Tensor[]): Tensor[] {
    const { rates, context, probes } = this.#options;
    return tf.tidy(() => {
      const [velocity, ...numbers] = this.#field.rates(
        t,
        z,
        context ? inputs[0] : null,
        probes ? inputs.at(-1)! : null,
        rates,
      );
      if (numbers.length === 0) return [velocity];
      const columns = numbers.map((number) => tf.reshape(number, [z.shape[0], 1]));
      return [velocity, columns.length === 1 ? columns[0] : tf.concat(columns, 1)];
    });
  }
}
