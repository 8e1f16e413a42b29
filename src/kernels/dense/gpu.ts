import type { GpuKernel } from '../fused/gpu.js';
import type { FusedActivation } from './fused-activation.js';
import type { DenseAttributes } from './spec.js';

/** `φ(u)` of a number that is not NaN. */
const VALUE: Readonly<Record<FusedActivation, string>> = {
  identity: 'u',
  relu: 'max(u, 0.0)',
  leakyRelu: 'max(u, 0.01 * u)',
  elu: 'pick(u > 0.0, u, exp(min(u, 0.0)) - 1.0)',
  // Beyond ±20, tanh is ±1 in float32, and some drivers divide infinities.
  tanh: 'tanh(max(-20.0, min(u, 20.0)))',
  sigmoid: 'sigmoid(u)',
  softplus: 'softplus(u)',
};

/** `φ′` in terms of `v = φ(u)`. */
const SLOPE: Readonly<Record<FusedActivation, string>> = {
  identity: '1.0',
  relu: 'pick(v > 0.0, 1.0, 0.0)',
  leakyRelu: 'pick(v > 0.0, 1.0, 0.01)',
  elu: 'pick(v > 0.0, 1.0, 1.0 + v)',
  tanh: '1.0 - v * v',
  sigmoid: 'v * (1.0 - v)',
  // 1 - exp(-v), which cancels near zero.
  softplus: 'pick(v < 0.01, v * (1.0 - 0.5 * v * (1.0 - v / 3.0)), 1.0 - exp(-v))',
};

/** Product, bias and activation of one output number. */
export const denseOnGpu: GpuKernel<DenseAttributes> = ([[, inputs], [, outputs], , mask], { activation }) => ({
  ints: { inputs, outputs },
  code: `${weight(mask !== undefined)}
float activate(float u) {
  return ${VALUE[activation]};
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
  return dy(at) * (${SLOPE[activation]});
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
