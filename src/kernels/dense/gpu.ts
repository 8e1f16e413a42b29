import type { GpuKernel } from '../fused/gpu.js';
import { GPU_SLOPE, GPU_VALUE } from './gpu-activation.js';
import type { DenseAttributes } from './spec.js';

/** Product, bias and activation of one output number. */
export const denseOnGpu: GpuKernel<DenseAttributes> = ([[, inputs], [, outputs], , mask], { activation }) => ({
  ints: { inputs, outputs },
  code: `${weight(mask !== undefined)}
float activate(float u) {
  return ${GPU_VALUE[activation]};
}
float compute(int index) {
  int row = index / outputs;
  int j = index - row * outputs;
  float u = bias(j);
  for (int i = 0; i < inputs; i++) {
    u += x(row * inputs + i) * weight(i * outputs + j);
  }
  if (isnan(u)) {
    return u;
  }
  return activate(u);
}`,
});

/**
 * `dx`, then `dkernel`, then `dbias`, which is the gradient of one more row of the kernel that is multiplied by 1. Sums
 * over the batch are sums of sums of 32 rows, which keeps rounding errors from adding up.
 */
export const denseGradientOnGpu: GpuKernel<DenseAttributes> = (
  [[batch, inputs], [, outputs], , , mask],
  { activation },
) => ({
  ints: { batch, inputs, outputs },
  code: `${weight(mask !== undefined)}
float upstream(int at) {
  float v = y(at);
  return dy(at) * (${GPU_SLOPE[activation]});
}
float inputGradient(int row, int i) {
  float sum = 0.0;
  for (int j = 0; j < outputs; j++) {
    sum += upstream(row * outputs + j) * weight(i * outputs + j);
  }
  return sum;
}
float weightGradient(int i, int j) {
  float sum = 0.0;
  for (int begin = 0; begin < batch; begin += 32) {
    float part = 0.0;
    int end = min(begin + 32, batch);
    for (int row = begin; row < end; row++) {
      float g = upstream(row * outputs + j);
      if (i < inputs) {
        g *= x(row * inputs + i);
      }
      part += g;
    }
    sum += part;
  }
  return sum;
}
float compute(int index) {
  if (index < batch * inputs) {
    return inputGradient(index / inputs, index % inputs);
  }
  int at = index - batch * inputs;
  float sum = weightGradient(at / outputs, at % outputs);
  ${mask === undefined ? '' : 'if (at < inputs * outputs) {\n    sum *= mask(at);\n  }'}
  return sum;
}`,
});

function weight(masked: boolean): string {
  return `
float weight(int at) {
  return kernel(at)${masked ? ' * mask(at)' : ''};
}`;
}
