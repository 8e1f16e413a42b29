import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { sizeOf, type Shape } from '../shapes.js';
import { pullBack, type PulledBack } from './pull-back.js';
import type { State } from './state.js';
import type { System } from './system.js';

/**
 * The continuous adjoint of a system (Chen et al., "Neural ordinary differential equations", 2018): with `a = ∂L/∂y(t)`
 * and `b = ∂L/∂q`, which is constant,
 *
 * `dy/dt = f`, `da/dt = −a ∂f/∂y − b ∂g/∂y`, `dG_u/dt = −a ∂f/∂u − b ∂g/∂u`, likewise for the variables.
 *
 * Integrated from the end back to the start it needs no memory of the way there. Only `y` and `a` are watched by the error
 * control: the gradients are quadratures (Kidger, Chen, Lyons, "Hey, that's not an ODE", 2021).
 *
 * Its `y` is `[y, a]`, its inputs are those of the system, then `b` if there are quadratures; its quadratures are the
 * gradients of the inputs, laid flat, its totals those of the variables.
 */
export class AdjointSystem implements System {
  readonly width: number;
  readonly quadratures: number;
  readonly totals: number;
  readonly variables: readonly Variable[];
  readonly #system: System;
  readonly #inputShapes: readonly Shape[];

  /** @param inputShapes of one row of each input of the system */
  constructor(system: System, inputShapes: readonly Shape[]) {
    this.#system = system;
    this.#inputShapes = inputShapes;
    this.width = 2 * system.width;
    this.quadratures = inputShapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
    this.totals = system.variables.reduce((sum, { size }) => sum + size, 0);
    this.variables = system.variables;
  }

  derivative(t: Tensor, joint: Tensor, inputs: readonly Tensor[]): Tensor[] {
    const { width, quadratures } = this.#system;
    const rows = joint.shape[0];
    return tf.tidy(() => {
      const [y, a] = tf.split(joint, 2, 1);
      const own = inputs.slice(0, this.#inputShapes.length);
      const b = quadratures > 0 ? inputs[own.length] : null;
      const pulled = pullBack(this.#system, t, y, own, { y: a, q: b });
      const parts = [tf.concat([tf.slice(pulled.slope, [0, 0], [rows, width]), tf.neg(pulled.y)], 1)];
      const flat = (gradients: readonly Tensor[], shape: (size: number) => number[], axis: number) =>
        tf.neg(tf.concat(gradients.map((gradient) => tf.reshape(gradient, shape(gradient.size))), axis)); // prettier-ignore
      if (this.quadratures > 0) parts.push(flat(pulled.inputs, (size) => [rows, size / rows], 1));
      if (this.totals > 0) parts.push(flat(pulled.variables, (size) => [size], 0));
      return parts;
    });
  }

  /** The gradients at the start, from the state that the integration has reached there. */
  read({ y: joint, q, total }: State): PulledBack {
    return tf.tidy(() => {
      const y = tf.split(joint, 2, 1)[1];
      const rows = joint.shape[0];
      let at = 0;
      const inputs = this.#inputShapes.map((shape) => {
        const size = sizeOf(shape);
        const part = tf.slice(q!, [0, at], [rows, size]);
        at += size;
        return tf.reshape(part, [rows, ...shape]);
      });
      let start = 0;
      const variables = this.variables.map(({ size, shape }) => {
        const part = tf.reshape(tf.slice(total!, start, size), shape);
        start += size;
        return part;
      });
      return { y, inputs, variables };
    });
  }
}
