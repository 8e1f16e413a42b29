import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { tidyState, type State } from './state.js';
import type { System } from './system.js';
import { timeTensor, type Times } from './times.js';

/** The right-hand side of a system at times in doubles. */
export function evaluate(system: System, t: Times, y: Tensor, inputs: readonly Tensor[]): State {
  const { quadratures, totals } = system;
  return tidyState(() => {
    const parts = system.derivative(timeTensor(t), y, inputs);
    return {
      y: tf.clone(parts[0]),
      q: quadratures > 0 ? parts[1] : null,
      total: totals > 0 ? parts.at(-1)! : null,
    };
  });
}
