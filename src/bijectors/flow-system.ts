import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { ratesWith, type DivergenceOptions } from '../fields/probes.js';
import type { Rate, VectorField } from '../fields/vector-field.js';
import type { System } from '../ode/system.js';
import { sizeOf } from '../shapes.js';

/** What a solve along a vector field integrates, beside the points, and what it is given. */
export interface FlowSystemOptions {
  readonly rates: readonly Rate[];
  /** Whether the first input is a context. */
  readonly context: boolean;
  /** An estimator that draws has its noise as the last input. */
  readonly divergence: DivergenceOptions;
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
    const { rates, context, divergence } = this.#options;
    return tf.tidy(() => {
      const noise = inputs.length > (context ? 1 : 0) ? inputs.at(-1)! : null;
      const given = context ? inputs[0] : null;
      const [velocity, ...numbers] = ratesWith(this.#field, divergence, t, z, given, noise, rates);
      if (numbers.length === 0) return [velocity];
      const columns = numbers.map((number) => tf.reshape(number, [z.shape[0], 1]));
      return [velocity, columns.length === 1 ? columns[0] : tf.concat(columns, 1)];
    });
  }
}
