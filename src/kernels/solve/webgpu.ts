import { eliminateOnWebGPU } from '../elimination/webgpu.js';
import type { WebGPUKernel } from '../fused/webgpu.js';
import type { SolveAttributes } from './spec.js';

export const solveOnWebGPU: WebGPUKernel<SolveAttributes> = (inputs, { adjoint }, gpu) => {
  const [count, n, k] = inputs[1].shape;
  return eliminateOnWebGPU(inputs, { count, n, k, right: 'given', adjoint, kind: 'jordan' }, ['right'], gpu);
};

export const inverseOnWebGPU: WebGPUKernel<object> = (inputs, _, gpu) => {
  const [count, n] = inputs[0].shape;
  const plan = { count, n, k: n, right: 'identity', adjoint: false, kind: 'jordan' } as const;
  return eliminateOnWebGPU(inputs, plan, ['right'], gpu);
};
