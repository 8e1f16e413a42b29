import type { CpuKernel } from '../fused/cpu.js';
import type { AdamAttributes } from './spec.js';

/** One pass over all vectors. */
export const adamOnCpu: CpuKernel<AdamAttributes> = (
  [parameters, mean, meanSquare, gradient],
  [nextParameters, nextMean, nextMeanSquare],
  { beta1, beta2, stepSize, rootScale, epsilon, decay },
) => {
  for (let i = 0; i < parameters.length; i++) {
    const g = gradient[i];
    const m = beta1 * mean[i] + (1 - beta1) * g;
    const v = beta2 * meanSquare[i] + (1 - beta2) * g * g;
    nextMean[i] = m;
    nextMeanSquare[i] = v;
    nextParameters[i] = decay * parameters[i] - (stepSize * m) / (rootScale * Math.sqrt(v) + epsilon);
  }
};
