import { FUSED_OPS } from './fused-ops.js';
import { registerFused } from './fused/register.js';
import { registerNestedGradients } from './nested-gradients/op.js';
import { registerPaddedInverseOnGpus } from './padded-convolution/gpu-kernels.js';
import { registerStockGradients } from './stock-repairs/register.js';

/** Makes the fused kernels and better gradients known to TF.js. Repeated calls do nothing. */
export function registerKernels(): void {
  registerNestedGradients();
  registerStockGradients();
  registerPaddedInverseOnGpus();
  for (const op of FUSED_OPS) registerFused(op);
}
