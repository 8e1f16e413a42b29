import { eliminateOnWebGPU } from '../elimination/webgpu.js';
import type { WebGPUKernel } from '../fused/webgpu.js';

export const slogdetOnWebGPU: WebGPUKernel<object> = (inputs, _, gpu) => {
  const [count, n] = inputs[0].shape;
  const plan = { count, n, k: 0, right: 'identity', adjoint: false, kind: 'lu' } as const;
  return eliminateOnWebGPU(inputs, plan, ['sign', 'logAbsDet'], gpu);
};
