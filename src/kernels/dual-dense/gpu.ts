import type { FusedActivation } from '../dense/fused-activation.js';
import { GPU_SLOPE, GPU_VALUE } from '../dense/gpu-activation.js';
import type { GpuKernel } from '../fused/gpu.js';
import type { DualDenseAttributes } from './spec.js';

/** `φ″ / φ′` in terms of `v = φ(u)`; null where it is zero wherever it exists. */
const CURVATURE: Readonly<Record<FusedActivation, string | null>> = {
  identity: null,
  relu: null,
  leakyRelu: null,
  elu: 'pick(v > 0.0, 0.0, 1.0)',
  tanh: '-2.0 * v',
  sigmoid: '1.0 - 2.0 * v',
  softplus: 'exp(-v)',
};

/** One output number; the derivatives find the value that they belong to themselves. */
export const dualDenseOnGpu: GpuKernel<DualDenseAttributes> = (
  [[, entries, inputs], [, outputs]],
  { activation, shiftPerRow },
) => ({
  ints: { entries, inputs, outputs, shiftStride: shiftPerRow ? outputs : 0 },
  code: `
float product(int row, int entry, int j) {
  int begin = (row * entries + entry) * inputs;
  float sum = 0.0;
  for (int i = 0; i < inputs; i++) {
    sum += x(begin + i) * kernel(i * outputs + j);
  }
  return sum;
}
float value(int row, int j) {
  float u = product(row, 0, j) + shift(row * shiftStride + j);
  if (isnan(u)) {
    return u;
  }
  return ${GPU_VALUE[activation]};
}
float compute(int index) {
  int line = index / outputs;
  int j = index - line * outputs;
  int row = line / entries;
  int entry = line - row * entries;
  if (entry == 0) {
    return value(row, j);
  }
${
  activation === 'identity'
    ? '  return product(row, entry, j);'
    : `  float v = value(row, j);
  return (${GPU_SLOPE[activation]}) * product(row, entry, j);`
}
}`,
});

/**
 * `dx`, then `dkernel`, then `dshift`; formulas in {@link ./cpu.ts}. Sums over the batch are sums of sums of 32 rows, which
 * keeps rounding errors from adding up.
 */
export const dualDenseGradientOnGpu: GpuKernel<DualDenseAttributes> = (
  [[batch, entries, inputs], [, outputs]],
  { activation, shiftPerRow },
) => ({
  ints: { batch, entries, inputs, outputs },
  code: `
float upstream(int row, int entry, int j) {
  int first = row * entries * outputs + j;
  float v = y(first);
  float g = dy(first + entry * outputs) * (${GPU_SLOPE[activation]});
${alongDerivatives(CURVATURE[activation])}
  return g;
}
float inputGradient(int line, int i) {
  int row = line / entries;
  int entry = line - row * entries;
  float sum = 0.0;
  for (int j = 0; j < outputs; j++) {
    sum += upstream(row, entry, j) * kernel(i * outputs + j);
  }
  return sum;
}
float rowsGradient(int row, int i, int j) {
  if (i == inputs) {
    return upstream(row, 0, j);
  }
  float sum = 0.0;
  for (int entry = 0; entry < entries; entry++) {
    sum += upstream(row, entry, j) * x((row * entries + entry) * inputs + i);
  }
  return sum;
}
float weightGradient(int i, int j) {
  float sum = 0.0;
  for (int begin = 0; begin < batch; begin += 32) {
    float part = 0.0;
    int end = min(begin + 32, batch);
    for (int row = begin; row < end; row++) {
      part += rowsGradient(row, i, j);
    }
    sum += part;
  }
  return sum;
}
float compute(int index) {
  int weights = batch * entries * inputs;
  if (index < weights) {
    return inputGradient(index / inputs, index % inputs);
  }
  int at = index - weights;
  int i = at / outputs;
  int j = at - i * outputs;
${
  shiftPerRow
    ? `  if (i >= inputs) {
    return upstream(i - inputs, 0, j);
  }
`
    : ''
}  return weightGradient(i, j);
}`,
});

/** What the gradients of the derivatives add to that of the value. */
function alongDerivatives(curvature: string | null): string {
  if (curvature === null) return '';
  return `  if (entry == 0) {
    float along = 0.0;
    for (int k = 1; k < entries; k++) {
      along += dy(first + k * outputs) * y(first + k * outputs);
    }
    g += (${curvature}) * along;
  }`;
}
