import { FUSED_OPS } from './fused-ops.js';
import { registerFused } from './fused/register.js';
import { registerNestedGradients } from './nested-gradients/op.js';

/** Makes the fused kernels and better gradients known to TF.js. Repeated calls do nothing. */
export function registerKernels(): void {
  registerNestedGradients();
  for (const op of FUSED_OPS) registerFused(op);
}
