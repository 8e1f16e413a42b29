import * as tf from '@tensorflow/tfjs-core';
import type { KernelBackend, KernelConfig, TensorInfo } from '@tensorflow/tfjs-core';
import type { FusedKernel } from '../fused/op.js';
import { RUNNERS } from '../fused/runners.js';
import { sizeOf } from '../../shapes.js';

/**
 * `sin` or `cos` on a GPU to about 1e-7 for angles up to some thousand. Graphics need no more than the 2⁻¹¹ that their
 * standards ask of the built-in functions, and software renderers give no more.
 *
 * The angle is brought into `[-π/4, π/4]` by multiples of `π/2` that are taken away in three parts (Cody and Waite), where
 * `sin r = r + r³ P(r²)` and `cos r = 1 - r²/2 + r⁴ Q(r²)` with the polynomials of Moshier's Cephes library.
 */
export function preciseSine(stock: KernelConfig): KernelConfig {
  const kernel = sineKernel(stock.kernelName);
  const run = RUNNERS[stock.backendName](kernel)!;
  return {
    ...stock,
    kernelFunc: (call) => {
      const x = call.inputs.x as TensorInfo;
      return sizeOf(x.shape) === 0 ? stock.kernelFunc(call) : run(kernel, [x], {}, call.backend as KernelBackend)[0];
    },
  };
}

function sineKernel(kernelName: string): FusedKernel<object> {
  const [loop, ahead] = kernelName === tf.Sin ? [Math.sin, 0] : [Math.cos, 1];
  return {
    name: kernelName,
    inputs: ['x'],
    outputs: ['y'],
    outputShapes: ([shape]) => [shape],
    cpu: ([x], [y]) => y.set(x.map(loop)),
    gpu: () => ({
      ints: { ahead },
      code: `
float compute(int index) {
  float angle = x(index);
  float turns = floor(angle * 0.6366197723675814 + 0.5);
  float r = ((angle - turns * 1.5703125) - turns * 0.0004837512969970703) - turns * 0.0000000754978995489188;
  float s = r * r;
  float sine = r + r * s * (-0.16666654611 + s * (0.0083321608736 - s * 0.00019515295891));
  float cosine = 1.0 - 0.5 * s + s * s * (0.04166664568298827 + s * (-0.001388731625493765 + s * 0.00002443315711809948));
  float quarter = turns + float(ahead);
  quarter = quarter - 4.0 * floor(quarter * 0.25);
  float value = pick(quarter == 1.0 || quarter == 3.0, cosine, sine);
  return pick(quarter >= 2.0, -value, value);
}`,
    }),
  };
}
