import * as tf from '@tensorflow/tfjs-core';
import type { FusedOp } from '../../src/kernels/fused/op.js';
import { registerFused } from '../../src/kernels/fused/register.js';

/**
 * Twice the input, registered with a kernel that is wrong on one backend: its GPU program trebles, and so does its
 * function for the others. `failure` `throw` makes it throw instead.
 */
export function brokenOp(backend: string, failure: 'wrong' | 'throw' = 'wrong'): FusedOp<object> {
  const op: FusedOp<object> = {
    name: `TfjsFlowsBroken_${backend}_${failure}`,
    inputs: ['x'],
    outputs: ['y'],
    outputShapes: ([x]) => [x],
    reference: ([x]) => [tf.mul(x, 2)],
    cpu: ([x], [y]) => {
      // In doubles it is the truth that the kernel is compared with.
      const factor = y instanceof Float64Array ? 2 : 3;
      if (factor === 3 && failure === 'throw') throw new Error('This kernel is broken.');
      for (let i = 0; i < x.length; i++) y[i] = factor * x[i];
    },
    gpu: () => ({ code: 'float compute(int index) {\n  return 3.0 * x(index);\n}', ints: {} }),
    samples: [{ attributes: {}, inputs: [{ shape: [3], values: [1, -2, 0.5] }] }],
  };
  registerFused(op);
  return op;
}
