import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { State } from '../state.js';
import type { System } from '../system.js';
import { timeTensor, type Times } from '../times.js';

/** A right-hand side near one point of each row. */
export interface Linearisation {
  /** Its value there. */
  readonly slope: State;
  /** Derivatives of `dy/dt` and below them of `dq/dt` by `y`: `[rows, width + quadratures, width]`. */
  readonly jacobian: Tensor;
  /** The same by time, `[rows, width + quadratures]`. */
  readonly inTime: Tensor;
}

/** Evaluations of a right-hand side that {@link linearise} takes. */
export function evaluationsToLinearise({ width, quadratures }: System): number {
  return width + quadratures;
}

/** Value and exact Jacobian of a right-hand side, row by row of the Jacobian by vector-Jacobian products. */
export function linearise(system: System, t: Times, y: Tensor, inputs: readonly Tensor[]): Linearisation {
  const { width, quadratures } = system;
  const rows = y.shape[0];
  const outputs = width + quadratures;
  return tf.tidy(() => {
    const time = tf.add(timeTensor(t), tf.zeros([rows, 1]));
    const rightHandSide = () => {
      const [dy, dq] = system.derivative(time, y, inputs);
      return quadratures > 0 ? tf.concat([dy, dq], 1) : tf.clone(dy);
    };
    const identity = tf.eye(outputs);
    let slope: Tensor | null = null;
    const columns: Tensor[] = [];
    const times: Tensor[] = [];
    for (let output = 0; output < outputs; output++) {
      const unit = tf.tile(tf.slice(identity, [output, 0], [1, outputs]), [rows, 1]);
      const { value, grads } = tf.engine().gradients(rightHandSide, [y, time], unit, true);
      const [byState, byTime] = grads as (Tensor | undefined)[];
      slope ??= value;
      // What it does not depend on has a derivative of zero.
      columns.push(byState ?? tf.zeros([rows, width]));
      times.push(byTime ?? tf.zeros([rows, 1]));
    }
    const part = (start: number, size: number) => tf.slice(slope!, [0, start], [rows, size]);
    return {
      slope: { y: part(0, width), q: quadratures > 0 ? part(width, quadratures) : null, total: null },
      jacobian: tf.stack(columns, 1),
      inTime: tf.concat(times, 1),
    } as unknown as tf.TensorContainer;
  }) as unknown as Linearisation;
}

export function disposeLinearisation({ slope, jacobian, inTime }: Linearisation): void {
  tf.dispose([slope.y, jacobian, inTime]);
  slope.q?.dispose();
}
